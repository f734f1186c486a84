//! The history of a view: a range of each level's commits, newest first, on into the ancestors.

use catalog_store::{Commit, Cursor, Page, PaginationParams, Result, StoreError, View};
use sqlx::SqliteConnection;

use crate::error::refused;
use crate::row::{Fields, Slice};

pub(crate) const LOG: &str = "
    SELECT c.id, c.seq, c.branch_id, c.parent_id, c.author, c.message, c.committed_at
    FROM commits c
    WHERE c.branch_id = ?1 AND c.seq <= ?2
    ORDER BY c.seq DESC LIMIT ?3 OFFSET ?4";
pub(crate) const COUNT: &str = "SELECT count(*) FROM commits WHERE branch_id = ?1 AND seq <= ?2";

pub(super) async fn log(
    connection: &mut SqliteConnection,
    view: &View,
    page: &PaginationParams,
) -> Result<Page<Commit>> {
    let slice = Slice::new(page);
    let mut skip = slice.skip;
    let mut commits = Vec::new();
    for (branch_id, upto) in levels(view, slice.after)? {
        let missing = slice.fetch - i64::try_from(commits.len()).unwrap_or(i64::MAX);
        if missing <= 0 {
            break;
        }
        commits.extend(level(connection, branch_id, upto, missing, skip).await?);
        if commits.is_empty() && skip > 0 {
            skip -= count(connection, branch_id, upto).await?.min(skip);
        } else {
            skip = 0;
        }
    }
    Ok(Page::cut(commits, slice.limit, cursor))
}

/// What is left of the view's levels after a cursor.
fn levels(view: &View, after: Option<&str>) -> Result<Vec<(i64, i64)>> {
    let mut levels: Vec<(i64, i64)> = view.lineage.iter().copied().zip(view.upto.iter().copied()).collect();
    if let Some((branch_id, seq)) = after.map(parse).transpose()? {
        let at = levels.iter().position(|(id, _)| *id == branch_id).ok_or(StoreError::BadCursor)?;
        levels.drain(..at);
        levels[0].1 = levels[0].1.min(seq.saturating_sub(1));
    }
    Ok(levels)
}

async fn level(
    connection: &mut SqliteConnection,
    branch_id: i64,
    upto: i64,
    limit: i64,
    skip: i64,
) -> Result<Vec<Commit>> {
    let rows = sqlx::query(LOG)
        .bind(branch_id)
        .bind(upto)
        .bind(limit)
        .bind(skip)
        .fetch_all(connection)
        .await
        .map_err(refused)?;
    rows.iter().map(|row| read(&mut Fields::new(row)).map_err(refused)).collect()
}

async fn count(connection: &mut SqliteConnection, branch_id: i64, upto: i64) -> Result<i64> {
    sqlx::query_scalar(COUNT).bind(branch_id).bind(upto).fetch_one(connection).await.map_err(refused)
}

fn read(fields: &mut Fields<'_>) -> Result<Commit, sqlx::Error> {
    Ok(Commit {
        id: fields.take()?,
        seq: fields.take()?,
        branch_id: fields.take()?,
        parent_id: fields.take()?,
        author: fields.take()?,
        message: fields.take()?,
        committed_at: fields.time()?,
    })
}

fn cursor(last: &Commit) -> Cursor {
    Cursor(format!("{}:{}", last.branch_id, last.seq))
}

fn parse(cursor: &str) -> Result<(i64, i64)> {
    let (branch_id, seq) = cursor.split_once(':').ok_or(StoreError::BadCursor)?;
    let number = |text: &str| text.parse().map_err(|_| StoreError::BadCursor);
    Ok((number(branch_id)?, number(seq)?))
}
