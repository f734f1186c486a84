//! A mistake in a file, as a person wants to be told of it.

use std::fmt;
use std::path::PathBuf;

/// A place in a file; lines and columns count from 1.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// One mistake. Printed as `file:line:column: what is wrong`, which editors and terminals make a link of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Problem {
    pub(crate) place: Place,
    /// The resource and the field, if they are known, and what to do.
    pub(crate) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place: Place { file, line, column }, message } = self;
        match line {
            0 => write!(f, "{}: {message}", file.display()),
            _ => write!(f, "{}:{line}:{column}: {message}", file.display()),
        }
    }
}
