//! What history is asked for, and what it tells.

use jiff::Timestamp;

use super::{Commit, Entry, View};
use crate::{Key, NamespacePath};

/// Which commits of a log are wanted: all that match every condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// By this principal.
    pub author: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Not after.
    pub until: Option<Timestamp>,
    /// That changed something.
    pub about: About,
}

/// What a commit must have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// Anything.
    #[default]
    All,
    /// This namespace itself, or anything below it.
    Namespace(NamespacePath),
    /// This one.
    Key(Key),
}

/// A range of a branch's commits: `after < seq <= upto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The branch's id.
    pub branch_id: i64,
    /// The first commit is the one after this.
    pub after: i64,
    /// The last commit.
    pub upto: i64,
}

/// A merge that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The branch that it was made on.
    pub into: i64,
    /// Its place there.
    pub seq: i64,
    /// What was merged: the newest state of it.
    pub view: View,
}

/// A key that was dropped on a branch and has not come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// What it was called.
    pub key: Key,
    /// What it was; this is what an undrop puts back.
    pub entry: Entry,
    /// The commit that dropped it.
    pub commit: Commit,
}
