//! Reading `tags`.

use catalog_store::{Page, PaginationParams, StoreError, Tag};
use sqlx::postgres::PgRow;

use super::sql::LIST_TAGS;
use crate::columns::Columns;
use crate::database::Database;
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};
use crate::time::Time;

/// How many columns a tag has.
pub(super) const WIDTH: usize = 6;

pub(super) async fn list(
    database: &Database,
    warehouse_id: i64,
    page: &PaginationParams,
) -> Result<Page<Tag>, StoreError> {
    let statement = sqlx::query(LIST_TAGS)
        .bind(warehouse_id)
        .bind(after(page)?.unwrap_or_default().to_owned())
        .bind(limit(page))
        .bind(offset(page));
    let rows = database.fetch_all(statement).await?;
    let tags = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
    Ok(cut(tags, page, |last| last.name.clone()))
}

pub(super) fn read_row(row: &PgRow) -> Result<Tag, Failure> {
    read_tag(&mut Columns::new(row))
}

pub(super) fn read_tag(columns: &mut Columns<'_>) -> Result<Tag, Failure> {
    Ok(Tag {
        warehouse_id: columns.take()?,
        name: columns.take()?,
        branch_id: columns.take()?,
        seq: columns.take()?,
        commit_id: columns.take()?,
        created_at: columns.take::<Time>()?.0,
    })
}
