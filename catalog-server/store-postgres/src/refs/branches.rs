//! Reading `branches`.

use catalog_store::{Branch, Page, PaginationParams, StoreError};
use sqlx::postgres::PgRow;

use super::sql::{GET_BRANCH, LIST_BRANCHES};
use crate::columns::Columns;
use crate::database::Database;
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};

/// How many columns a branch has.
pub(crate) const WIDTH: usize = 6;

pub(super) async fn get(database: &Database, warehouse_id: i64, name: &str) -> Result<Option<Branch>, Failure> {
    let statement = sqlx::query(GET_BRANCH).bind(warehouse_id).bind(name.to_owned());
    database.fetch_optional(statement).await?.as_ref().map(read_row).transpose()
}

pub(super) async fn list(
    database: &Database,
    warehouse_id: i64,
    page: &PaginationParams,
) -> Result<Page<Branch>, StoreError> {
    let statement = sqlx::query(LIST_BRANCHES)
        .bind(warehouse_id)
        .bind(after(page)?.unwrap_or_default().to_owned())
        .bind(limit(page))
        .bind(offset(page));
    let rows = database.fetch_all(statement).await?;
    let branches = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
    Ok(cut(branches, page, |last| last.name.clone()))
}

pub(super) fn read_row(row: &PgRow) -> Result<Branch, Failure> {
    read_branch(&mut Columns::new(row))
}

pub(crate) fn read_branch(columns: &mut Columns<'_>) -> Result<Branch, Failure> {
    Ok(Branch {
        id: columns.take()?,
        warehouse_id: columns.take()?,
        name: columns.take()?,
        protected: columns.take()?,
        lineage: columns.take()?,
        upto: columns.take()?,
    })
}
