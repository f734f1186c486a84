//! Three-way merges: what merge, cherry-pick and revert have in common.
//!
//! All three take the keys that some commits touched and compare what each is in a base, in the source and in the
//! target: a merge takes what the source did since both were the same; a cherry-pick, what one commit did; a revert, what
//! undoes it (source and base change places). What only the source changed is taken; what both changed is a conflict,
//! unless both did the same or a [`Mode`] decides. The result is one [`crate::CommitRequest`]'s operations, which expect
//! of the target exactly what was compared, so that a target that moved meanwhile is a conflict of the commit and nothing
//! is overwritten that nobody has looked at.
//!
//! [`three_way`] is pure; [`prepare`] and its sisters read what it compares.

mod base;
mod diff;
mod kept;
mod prepare;
#[cfg(test)]
mod tests;
mod three_way;

pub use base::{Known, Merges};
pub use diff::{Difference, diff, show};
pub use prepare::{Prepared, cherry_pick, merge, revert};
pub use three_way::{Candidate, Clash, Mode, Modes, Outcome, Reason, three_way};
