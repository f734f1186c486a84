//! A row of `commits` as a model.

use catalog_store::{Commit, Origin};
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::Failure;
use crate::time::Time;

/// Reads [`crate::history::sql::commit_columns`].
pub(crate) fn read_commit(columns: &mut Columns<'_>) -> Result<Commit, Failure> {
    Ok(Commit {
        id: columns.take()?,
        seq: columns.take()?,
        branch_id: columns.take()?,
        parent_id: columns.take()?,
        author: columns.take()?,
        message: columns.take()?,
        committed_at: columns.take::<Time>()?.0,
        origin: read_origin(columns)?,
    })
}

/// Reads `merge_branch, merge_seq, origin_id`: the first two, or the third, or none.
fn read_origin(columns: &mut Columns<'_>) -> Result<Option<Origin>, Failure> {
    let merge: (Option<i64>, Option<i64>) = (columns.take()?, columns.take()?);
    let commit: Option<Uuid> = columns.take()?;
    match (merge, commit) {
        ((Some(branch_id), Some(seq)), None) => Ok(Some(Origin::Merge { branch_id, seq })),
        ((None, None), commit) => Ok(commit.map(Origin::Commit)),
        _ => Err(Failure::Data("a commit is half a merge".into())),
    }
}
