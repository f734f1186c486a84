//! The files' content, and whether it has changed.
//!
//! By looking at the content every half second, and not by events of the file system: editors replace files, volumes of
//! other machines send no events, and a few kilobytes cost nothing.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::problem::{Place, Problem};

/// Names and texts of the files, in the order of the command line.
pub(crate) type Texts = Vec<(PathBuf, String)>;

/// What was read last.
#[derive(Debug)]
pub(crate) struct Files {
    paths: Vec<PathBuf>,
    /// What is applied, or was refused.
    known: Result<Texts, Vec<Problem>>,
    /// What the last look saw, if it is news.
    news: Option<Result<Texts, Vec<Problem>>>,
}

impl Files {
    pub(crate) fn new(paths: Vec<PathBuf>) -> Self {
        let known = read(&paths);
        Self { paths, known, news: None }
    }

    /// What was known at the last look.
    pub(crate) fn texts(&self) -> &Result<Texts, Vec<Problem>> {
        &self.known
    }

    /// Looks at the files. News are told at the second look that sees the same, so that a file which is just being
    /// written is not read in the middle.
    pub(crate) fn look(&mut self) -> Option<&Result<Texts, Vec<Problem>>> {
        let seen = read(&self.paths);
        if seen == self.known {
            self.news = None;
            return None;
        }
        if self.news.as_ref() != Some(&seen) {
            self.news = Some(seen);
            return None;
        }
        self.news = None;
        self.known = seen;
        Some(&self.known)
    }
}

fn read(paths: &[PathBuf]) -> Result<Texts, Vec<Problem>> {
    let mut texts = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        match fs::read_to_string(path) {
            Ok(text) => texts.push((path.clone(), text)),
            Err(error) => problems.push(problem(path.clone(), &error)),
        }
    }
    if problems.is_empty() { Ok(texts) } else { Err(problems) }
}

fn problem(file: PathBuf, error: &io::Error) -> Problem {
    let message = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::IsADirectory => "is a directory: name the YAML files in it".into(),
        io::ErrorKind::InvalidData => "is no text in UTF-8".into(),
        _ => format!("cannot be read: {error}"),
    };
    Problem { place: Place { file, line: 0, column: 0 }, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_told_once_and_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, "one").unwrap();
        let mut files = Files::new(vec![path.clone()]);
        assert!(files.look().is_none());
        fs::write(&path, "tw").unwrap();
        assert!(files.look().is_none());
        fs::write(&path, "two").unwrap();
        assert!(files.look().is_none());
        let told = files.look().unwrap().as_ref().unwrap();
        assert_eq!(told[0].1, "two");
        assert!(files.look().is_none());
    }

    #[test]
    fn a_file_that_is_replaced_between_two_looks_is_no_news() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        fs::write(&path, "one").unwrap();
        let mut files = Files::new(vec![path.clone()]);
        fs::remove_file(&path).unwrap();
        assert!(files.look().is_none());
        fs::write(&path, "one").unwrap();
        assert!(files.look().is_none() && files.look().is_none());
        fs::remove_file(&path).unwrap();
        assert!(files.look().is_none());
        assert!(files.look().unwrap().is_err());
    }

    #[test]
    fn what_can_not_be_read_is_told_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(vec![folder.path().into(), folder.path().join("none.yaml")]);
        let problems = files.texts().as_ref().unwrap_err();
        assert!(problems[0].message.contains("directory"));
        assert!(problems[1].message.contains("no such file"));
    }
}
