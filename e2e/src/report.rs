//! How cases ended: the lines for a person, and the closing line for machines.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::failure::Failure;

/// How many lines of a log are shown.
const TAIL: usize = 40;

/// One case that was to run.
pub(crate) struct Ended {
    /// The case.
    pub(crate) name: &'static str,
    /// What it took.
    pub(crate) took: Duration,
    /// What it says of itself, or why it failed.
    pub(crate) result: Result<String, Failure>,
}

impl Ended {
    /// `PASS name  1.2 s  what it says`.
    pub(crate) fn line(&self) -> String {
        let (word, says) = match &self.result {
            Ok(says) => ("PASS", says.clone()),
            Err(failure) => ("FAIL", failure.chain()),
        };
        format!("{word} {:30} {:7.1} s  {says}", self.name, self.took.as_secs_f64())
    }
}

/// All cases again, the budget, and the line that runners read.
pub(crate) fn closing(all: &[Ended], took: Duration, budget: Duration) -> String {
    let mut text = String::new();
    for ended in all {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", ended.line());
    }
    let failed = all.iter().filter(|ended| ended.result.is_err()).count();
    let _ = writeln!(text, "the tests took {:.1} of at most {} min", took.as_secs_f64() / 60.0, budget.as_secs() / 60);
    let _ = write!(text, "cases: {} passed, {failed} failed", all.len() - failed);
    text
}

/// The ends of the logs in a case's folder, and of one more.
pub(crate) fn tails(folder: &Path, more: &Path) -> String {
    let mut logs = logs_below(folder);
    logs.push(more.to_owned());
    let mut text = String::new();
    for log in logs {
        let Ok(bytes) = fs::read(&log) else { continue };
        let content = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = content.lines().collect();
        let _ = writeln!(text, "── the end of {}", log.display());
        for line in &lines[lines.len().saturating_sub(TAIL)..] {
            let _ = writeln!(text, "   {line}");
        }
    }
    text
}

/// The logs in a folder and in those below it, each host's in its own.
fn logs_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let (folders, mut logs): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.extend(folders.iter().flat_map(|folder| logs_below(folder)));
    logs.sort();
    logs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_count_alone() {
        let ended = |name, result| Ended { name, took: Duration::from_millis(1500), result };
        let all = [ended("a", Ok("did it".to_owned())), ended("b", Err(Failure::new("it broke")))];
        let text = closing(&all, Duration::from_secs(90), Duration::from_secs(2700));
        assert_eq!(text.lines().last(), Some("cases: 1 passed, 1 failed"));
        assert!(text.contains("PASS a") && text.contains("FAIL b") && text.contains("it broke"), "{text}");
        assert!(text.contains("1.5 of at most 45 min"), "{text}");
    }

    #[test]
    fn the_tail_shows_the_last_lines_of_logs_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let long: String = (0..100).map(|n| format!("line {n}\n")).collect();
        fs::create_dir(folder.path().join("sqlite")).expect("a folder below");
        fs::write(folder.path().join("sqlite/server.log"), long).expect("write");
        fs::write(folder.path().join("token"), "secret").expect("write");
        let text = tails(folder.path(), Path::new("/nowhere/postgres.log"));
        assert!(text.contains("line 99") && text.contains("line 60") && !text.contains("line 59"), "{text}");
        assert!(!text.contains("secret"));
    }
}
