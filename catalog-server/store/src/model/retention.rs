//! The deletion of what nothing shows any more.

use std::time::Duration;

use uuid::Uuid;

use crate::Sights;

/// The retention of a warehouse in the hands of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The warehouse's row.
    pub warehouse_id: i64,
    /// Known to the one who works on it, and to nobody else.
    pub lease: Uuid,
    /// How long it has been due.
    pub late: Duration,
    /// What was in sight at the last sweep; `None` before the first.
    pub shown: Option<Sights>,
    /// What the last sweep spared.
    pub swept: Option<Sights>,
}

/// Versions of one branch that are to be looked at, by seq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch<'a> {
    /// The branch.
    pub branch_id: i64,
    /// Those after this one …
    pub after: i64,
    /// … up to this one.
    pub upto: i64,
    /// What stays in sight of the branch ([`Sights::of`]).
    pub spared: &'a [(i64, i64)],
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// The last seq that was looked at; `None` if there was none left.
    pub upto: Option<i64>,
    /// Rows that were deleted: versions …
    pub versions: u64,
    /// … and names of which nothing is left.
    pub names: u64,
    /// Whose versions these were: each content once.
    pub contents: Vec<Uuid>,
}

/// The oldest state of a branch that is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The branch.
    pub branch_id: i64,
    /// Its warehouse's row.
    pub warehouse_id: i64,
    /// The seq; [`i64::MAX`] for a branch that was deleted.
    pub seq: i64,
}
