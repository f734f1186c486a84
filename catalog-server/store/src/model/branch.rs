//! Branches, and what a reader looks at.

use crate::Commit;

/// A branch: a row. What it holds is in `versions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The row's id.
    pub id: i64,
    /// The warehouse's row.
    pub warehouse_id: i64,
    /// `main` for the first.
    pub name: String,
    /// No direct writes.
    pub protected: bool,
    /// The ancestors' ids, nearest first, without itself. Immutable.
    pub lineage: Vec<i64>,
    /// The seq of each ancestor that is visible. Immutable.
    pub upto: Vec<i64>,
}

/// What a reader looks at: a branch, at its head or at a past seq.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The branch's id, then its ancestors'.
    pub lineage: Vec<i64>,
    /// The seq that is visible of each; `i64::MAX` for the head.
    pub upto: Vec<i64>,
}

impl View {
    /// The newest state of a branch.
    #[must_use]
    pub fn head(branch: &Branch) -> Self {
        Self::at(branch, i64::MAX)
    }

    /// The state of a branch after the commit with this seq.
    #[must_use]
    pub fn at(branch: &Branch, seq: i64) -> Self {
        let lineage = std::iter::once(branch.id).chain(branch.lineage.iter().copied()).collect();
        let upto = std::iter::once(seq).chain(branch.upto.iter().copied()).collect();
        Self { lineage, upto }
    }

    /// The same view as of its newest commit: what is committed later is not in it. `newest` is the first of
    /// [`TreeStore::log`](crate::TreeStore::log).
    #[must_use]
    pub fn pinned(&self, newest: Option<&Commit>) -> Self {
        let mut pinned = self.clone();
        if let (Some(branch), Some(upto)) = (self.lineage.first(), pinned.upto.first_mut()) {
            // A branch without commits of its own shows what its ancestors hold, which never moves.
            *upto = newest.filter(|commit| commit.branch_id == *branch).map_or(0, |commit| commit.seq);
        }
        pinned
    }
}
