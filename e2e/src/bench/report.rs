//! What the benches have found: told at once, and all together in the end.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::Figure;
use crate::failure::{Attempt, Outcome};

/// The figures of a run.
pub(super) struct Report {
    json: Option<File>,
    bench: &'static str,
    figures: Vec<Figure>,
}

impl Report {
    /// Without figures; `json` is made anew.
    pub(super) fn new(json: Option<&Path>) -> Outcome<Self> {
        let create = |path: &Path| File::create(path).attempt(format!("write {}", path.display()));
        Ok(Self { json: json.map(create).transpose()?, bench: "", figures: Vec::new() })
    }

    /// The figures that follow are this bench's.
    pub(super) fn begin(&mut self, bench: &'static str) {
        self.bench = bench;
    }

    /// A step that takes its time begins.
    pub(super) fn step(&self, what: &str) {
        eprintln!("· {}: {what}", self.bench);
    }

    /// Takes a figure. A run that is broken off has written what it found until then.
    pub(super) fn tell(&mut self, figure: Figure) -> Outcome {
        eprintln!("  {}", row(&figure));
        if let Some(file) = &mut self.json {
            writeln!(file, "{}", figure.line(self.bench)).attempt("write a figure")?;
        }
        self.figures.push(figure);
        Ok(())
    }

    /// All figures, and how many goals are met.
    pub(super) fn table(&self) -> String {
        let mut text = format!("{:<62} {:>12}  {:>12} {:>7}  goal\n", "figure", "ours", "limit", "ratio");
        for figure in &self.figures {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", row(figure));
        }
        let judged: Vec<bool> = self.figures.iter().filter_map(Figure::met).collect();
        let met = judged.iter().filter(|met| **met).count();
        let _ = write!(text, "goals: {met} of {} met", judged.len());
        text
    }
}

fn row(figure: &Figure) -> String {
    let Figure { figure: name, unit, ours, limit, goal } = figure;
    let ours = format!("{} {unit}", number(*ours));
    let (what, limit) = limit.map_or(("", String::new()), |(what, limit)| (what, number(limit)));
    let ratio = figure.ratio().map(number).unwrap_or_default();
    let judged = match (goal, figure.met()) {
        (Some(goal), Some(true)) => format!("{goal}: met"),
        (Some(goal), _) => format!("{goal}: MISSED"),
        (None, _) => String::new(),
    };
    let beside = if what.is_empty() { String::new() } else { format!("  ({what})") };
    format!("{name:<62} {ours:>12}  {limit:>12} {ratio:>7}  {judged}{beside}")
}

/// Three digits are all that a run can tell.
fn number(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Goal;

    #[test]
    fn the_table_counts_the_goals_and_the_file_has_a_line_a_figure() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("figures.json");
        let mut report = Report::new(Some(&path)).expect("a report");
        report.begin("b");
        report.tell(Figure::new("one", "ms", 3.0).goal(Goal::AtMost(5.0))).expect("told");
        report.tell(Figure::new("two", "ms", 7.0).goal(Goal::AtMost(5.0))).expect("told");
        report.tell(Figure::new("three", "ms", 7.0).beside("SELECT", 3.5)).expect("told");
        let table = report.table();
        assert!(table.contains("≤ 5: met") && table.contains("≤ 5: MISSED") && table.contains("(SELECT)"), "{table}");
        assert_eq!(table.lines().last(), Some("goals: 1 of 2 met"));
        let written = std::fs::read_to_string(path).expect("the file");
        assert_eq!(written.lines().count(), 3);
    }
}
