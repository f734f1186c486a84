//! Names of states: branches and tags, and what an expression over them means.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Branch, View};
use crate::{Result, StoreError};

/// Ancestors of a branch, at most: each costs a probe in every look-up.
pub const MAX_DEPTH: usize = 16;

/// An immutable name of a commit. What it shows stays, whatever retention says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The warehouse's row.
    pub warehouse_id: i64,
    /// No branch and no other tag of the warehouse has it.
    pub name: String,
    /// The branch whose state it names; it may have been deleted since.
    pub branch_id: i64,
    /// The commit's place on that branch; 0 if the branch had none of its own yet.
    pub seq: i64,
    /// The newest commit of that state: on the branch or, for seq 0, on an ancestor.
    pub commit_id: Uuid,
    /// When the tag was made.
    pub created_at: Timestamp,
}

/// What a name stands for: branches and tags share their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A branch.
    Branch(Branch),
    /// A tag.
    Tag(Tag),
}

/// Which state of a warehouse is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A branch at its head, or a tag.
    Name(String),
    /// A branch as it was at a time: after its last commit that is not later.
    Time(String, Timestamp),
    /// The state after a commit.
    Commit(Uuid),
}

/// What was asked for, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The branch, if it was asked for by its name alone: only then may anything be written.
    pub branch: Option<Branch>,
    /// What is to be read.
    pub view: View,
}

/// What a backend has read, under its locks, of the place that a new branch or tag shall point to: the first level of
/// a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The branch was not deleted.
    pub live: bool,
    /// Retention: nothing before this seq is promised.
    pub floor_seq: i64,
    /// The branch's newest commit; 0 before its first.
    pub head_seq: i64,
    /// A tag names exactly this seq.
    pub tagged: bool,
}

impl Place {
    /// The seq that `upto` of a view's first level means, if what it shows is still there.
    ///
    /// # Errors
    /// `NotFound` if the branch is gone, has no such commit yet, or retention may have taken it.
    pub fn seq(&self, upto: i64) -> Result<i64> {
        if upto == i64::MAX {
            return if self.live { Ok(self.head_seq) } else { Err(StoreError::NotFound("the branch".into())) };
        }
        let promised = self.tagged || (self.live && upto >= self.floor_seq);
        if promised && (0..=self.head_seq).contains(&upto) {
            return Ok(upto);
        }
        let kept = match self.floor_seq {
            floor if self.live && upto < floor => format!(", of which nothing before commit {floor} is kept,"),
            _ => String::new(),
        };
        Err(StoreError::NotFound(format!("the state after commit {upto} of the branch{kept}")))
    }
}

impl View {
    /// `lineage` and `upto` of a branch that is forked from this view, `seq` being what [`Place::seq`] said.
    ///
    /// # Errors
    /// `Conflict` if the branch would have more than [`MAX_DEPTH`] ancestors.
    pub fn fork(&self, seq: i64) -> Result<(Vec<i64>, Vec<i64>)> {
        if self.lineage.len() > MAX_DEPTH {
            return Err(StoreError::Conflict(format!("a branch has at most {MAX_DEPTH} ancestors")));
        }
        let upto = std::iter::once(seq).chain(self.upto.iter().skip(1).copied()).collect();
        Ok((self.lineage.clone(), upto))
    }

    /// The branch whose state this is, and up to which seq; `i64::MAX` for its head.
    ///
    /// # Errors
    /// `NotFound` for a view of nothing.
    pub fn tip(&self) -> Result<(i64, i64)> {
        let tip = self.lineage.first().zip(self.upto.first());
        tip.map(|(id, upto)| (*id, *upto)).ok_or_else(|| StoreError::NotFound("a view without a branch".into()))
    }
}

impl Branch {
    /// The branch that each warehouse begins with. It can be neither deleted nor renamed.
    pub const MAIN: &'static str = "main";

    /// # Errors
    /// `Conflict` for `main`.
    pub fn may_be_renamed(&self) -> Result<()> {
        self.is_not_main("renamed")
    }

    /// # Errors
    /// `Conflict` for `main` and for a protected branch.
    pub fn may_be_deleted(&self) -> Result<()> {
        self.is_not_main("deleted")?;
        if self.protected {
            let text = format!("branch {} is protected: take its protection off before it is deleted", self.name);
            return Err(StoreError::Conflict(text));
        }
        Ok(())
    }

    fn is_not_main(&self, done: &str) -> Result<()> {
        if self.name == Self::MAIN {
            return Err(StoreError::Conflict(format!("branch {} cannot be {done}", self.name)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_state_is_there_if_it_is_above_the_floor_or_tagged() {
        let place = Place { live: true, floor_seq: 5, head_seq: 9, tagged: false };
        assert_eq!(place.seq(i64::MAX).unwrap(), 9);
        assert_eq!((place.seq(5).unwrap(), place.seq(9).unwrap()), (5, 9));
        for gone in [4, 10, -1] {
            assert!(matches!(place.seq(gone), Err(StoreError::NotFound(_))), "{gone}");
        }
        assert_eq!(Place { tagged: true, ..place }.seq(4).unwrap(), 4);
    }

    #[test]
    fn of_a_deleted_branch_only_tags_are_left() {
        let place = Place { live: false, floor_seq: 0, head_seq: 9, tagged: false };
        assert!(place.seq(i64::MAX).is_err() && place.seq(3).is_err());
        assert_eq!(Place { tagged: true, ..place }.seq(3).unwrap(), 3);
    }

    #[test]
    fn a_fork_has_the_view_as_its_lineage_and_is_never_too_deep() {
        let view = View { lineage: vec![3, 2, 1], upto: vec![i64::MAX, 20, 10] };
        assert_eq!(view.fork(7).unwrap(), (vec![3, 2, 1], vec![7, 20, 10]));
        let deep = |levels: i64| View { lineage: (0..levels).collect(), upto: (0..levels).collect() };
        assert!(deep(16).fork(0).is_ok());
        assert!(matches!(deep(17).fork(0), Err(StoreError::Conflict(_))));
    }
}
