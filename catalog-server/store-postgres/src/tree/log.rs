//! The history of a view.

use catalog_store::{Commit, Page, PaginationParams, StoreError, View};
use sqlx::postgres::PgRow;

use super::sql::LOG;
use crate::columns::Columns;
use crate::database::Database;
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};
use crate::time::Time;

pub(super) async fn page(
    database: &Database,
    view: &View,
    page: &PaginationParams,
) -> Result<Page<Commit>, StoreError> {
    let rest = match after(page)? {
        Some(cursor) => older(view, cursor).ok_or(StoreError::BadCursor)?,
        None => view.clone(),
    };
    let View { lineage, upto } = rest;
    let statement = sqlx::query(LOG).bind(lineage).bind(upto).bind(limit(page)).bind(offset(page));
    let rows = database.fetch_all(statement).await?;
    let commits = rows.iter().map(read_commit).collect::<Result<Vec<_>, _>>()?;
    Ok(cut(commits, page, |last| format!("{}/{}", last.branch_id, last.seq)))
}

/// What a view's history holds before the commit `branch id/seq`; `None` if that commit is not in it.
fn older(view: &View, cursor: &str) -> Option<View> {
    let (branch, seq) = cursor.split_once('/')?;
    let (branch, seq): (i64, i64) = (branch.parse().ok()?, seq.parse().ok()?);
    let level = view.lineage.iter().position(|id| *id == branch)?;
    let (lineage, mut upto) = (view.lineage[level..].to_vec(), view.upto.get(level..)?.to_vec());
    let own = upto.first_mut()?;
    if seq < 1 || seq > *own {
        return None;
    }
    *own = seq - 1;
    Some(View { lineage, upto })
}

fn read_commit(row: &PgRow) -> Result<Commit, Failure> {
    let mut columns = Columns::new(row);
    Ok(Commit {
        id: columns.take()?,
        seq: columns.take()?,
        branch_id: columns.take()?,
        parent_id: columns.take()?,
        author: columns.take()?,
        message: columns.take()?,
        committed_at: columns.take::<Time>()?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_goes_on_before_the_commit_that_the_cursor_names() {
        let view = View { lineage: vec![3, 2, 1], upto: vec![i64::MAX, 20, 10] };
        let rest = |lineage: &[i64], upto: &[i64]| Some(View { lineage: lineage.to_vec(), upto: upto.to_vec() });
        assert_eq!(older(&view, "3/7"), rest(&[3, 2, 1], &[6, 20, 10]));
        assert_eq!(older(&view, "2/20"), rest(&[2, 1], &[19, 10]));
        assert_eq!(older(&view, "1/1"), rest(&[1], &[0]));
    }

    #[test]
    fn a_commit_that_is_not_in_the_history_is_no_cursor() {
        let view = View { lineage: vec![3, 2], upto: vec![i64::MAX, 20] };
        for cursor in ["", "x", "3", "3/x", "4/1", "2/21", "3/0", "3/-1"] {
            assert_eq!(older(&view, cursor), None, "{cursor}");
        }
    }
}
