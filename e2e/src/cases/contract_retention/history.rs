//! What the writer did: each commit with all that was there after it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::WINDOW;
use super::ground::Shown;
use crate::chance::Chance;
use crate::failure::{Outcome, check};

/// Who looks back looks at one of so many of the newest, of which most are out of the window for long …
const RECENT: u64 = 80;
/// … or else at one of so many just about the window's edge, where forks and sweeps meet.
const EDGE: u64 = 8;

/// A commit of `main`.
#[derive(Debug)]
pub(super) struct Commit {
    number: usize,
    pub(super) id: String,
    /// The tables after it.
    pub(super) state: Vec<Shown>,
    /// A tag has been made of it.
    pub(super) tagged: Cell<bool>,
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "commit {} ({}) with {:?}", self.number, self.id, self.state)
    }
}

/// All commits, oldest first.
#[derive(Debug, Default)]
pub(super) struct History(RefCell<Vec<Rc<Commit>>>);

impl History {
    /// Adds the newest one.
    pub(super) fn push(&self, id: String, state: Vec<Shown>) -> Rc<Commit> {
        let mut commits = self.0.borrow_mut();
        let commit = Rc::new(Commit { number: commits.len(), id, state, tagged: Cell::new(false) });
        commits.push(Rc::clone(&commit));
        commit
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.0.borrow().len() as u64
    }

    /// The newest ones.
    pub(super) fn recent(&self) -> Vec<Rc<Commit>> {
        let commits = self.0.borrow();
        commits.iter().rev().take(usize::try_from(RECENT).unwrap_or(usize::MAX)).cloned().collect()
    }

    /// One of the newest; nothing if there is none so old yet.
    pub(super) fn pick(&self, chance: &mut Chance) -> Option<Rc<Commit>> {
        let age = match chance.below(2) {
            0 => chance.below(RECENT),
            _ => u64::from(WINDOW) - EDGE / 4 + chance.below(EDGE),
        };
        self.0.borrow().iter().rev().nth(usize::try_from(age).ok()?).cloned()
    }

    /// How many came after it that are known here; the server may have one more.
    pub(super) fn age(&self, commit: &Commit) -> u64 {
        self.len().saturating_sub(commit.number as u64 + 1)
    }

    /// Fails if the server had to keep this one, whose state it said is gone.
    pub(super) fn may_be_gone(&self, commit: &Commit, tagged: bool) -> Outcome {
        check(!tagged, || format!("{commit} has a tag, and is gone"))?;
        let age = self.age(commit);
        check(age + 1 > u64::from(WINDOW), || format!("{commit} is gone after {age} more commits"))
    }
}
