//! The pure evaluation of a group of commits: requests and state in, answers and rows out.
//!
//! Every backend reads the state, calls [`plan`] and writes the rows, so that they cannot differ in what a commit means.
//! What a backend has to read is told by [`State::keys_of`], [`State::empties_of`], [`State::locations_of`],
//! [`State::touched`], [`State::returning`] and [`State::watched`].

mod book;
mod draft;
mod location;
mod rows;
mod state;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use jiff::Timestamp;

use crate::{Branch, Commit, CommitError, CommitRequest};

pub use location::{LocationProbe, overlap};
pub use rows::{CommitRow, NameRow, PurgeRow, Rows, VersionRow};
pub use state::{Head, State};

use book::Book;
use draft::{Fault, draft};

/// The outcome of a group.
#[derive(Debug)]
pub struct Plan {
    /// One for each request, in order. The errors are `Conflict`, and `Backend` for a request that no caller may make
    /// (a key twice, an id twice in the group, a location without a trailing `/`).
    pub results: Vec<Result<Commit, CommitError>>,
    /// What the backend has to write.
    pub rows: Rows,
}

/// Evaluates the requests in order over the state. A loser leaves no trace; a winner's changes are what the next
/// request sees.
#[must_use]
pub fn plan(branch: &Branch, requests: &[CommitRequest], state: State, now: Timestamp) -> Plan {
    let mut book = Book::new(branch.id, state, now);
    let mut ids = HashSet::new();
    let results = requests
        .iter()
        .map(|request| {
            if !ids.insert(request.id) {
                return Err(Fault::IdTwice(request.id).into());
            }
            let draft = draft(request, book.state())?;
            Ok(book.enter(request, draft))
        })
        .collect();
    Plan { results, rows: book.close() }
}
