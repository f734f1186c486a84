//! A row of `commits` as a model.

use catalog_store::{Commit, Origin};

use crate::row::Fields;

macro_rules! columns {
    () => {
        "c.id, c.seq, c.branch_id, c.parent_id, c.author, c.message, c.committed_at, c.merge_branch, c.merge_seq,
         c.origin_id"
    };
}
pub(crate) use columns as commit_columns;

pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Commit, sqlx::Error> {
    Ok(Commit {
        id: fields.take()?,
        seq: fields.take()?,
        branch_id: fields.take()?,
        parent_id: fields.take()?,
        author: fields.take()?,
        message: fields.take()?,
        committed_at: fields.time()?,
        origin: read_origin(fields)?,
    })
}

/// The first two columns, or the third, or none.
fn read_origin(fields: &mut Fields<'_>) -> Result<Option<Origin>, sqlx::Error> {
    let merge: (Option<i64>, Option<i64>) = (fields.take()?, fields.take()?);
    match (merge, fields.take()?) {
        ((Some(branch_id), Some(seq)), None) => Ok(Some(Origin::Merge { branch_id, seq })),
        ((None, None), commit) => Ok(commit.map(Origin::Commit)),
        _ => Err(sqlx::Error::Decode("a commit is half a merge".into())),
    }
}
