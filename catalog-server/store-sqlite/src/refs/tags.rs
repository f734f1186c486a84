//! Reading the table `tags`.

use catalog_store::{Cursor, Page, PaginationParams, Result, Tag};
use sqlx::{SqliteExecutor, SqlitePool};

use crate::error::refused;
use crate::row::{Fields, Slice};

macro_rules! columns {
    () => {
        "t.warehouse_id, t.name, t.branch_id, t.seq, t.commit_id, t.created_at"
    };
}

const GET: &str = concat!("SELECT ", columns!(), " FROM tags t WHERE t.warehouse_id = ?1 AND t.name = ?2");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM tags t WHERE t.warehouse_id = ?1 AND t.name > ?2 ORDER BY t.name LIMIT ?3 OFFSET ?4"
);

pub(super) async fn get(executor: impl SqliteExecutor<'_>, warehouse_id: i64, name: &str) -> Result<Option<Tag>> {
    let row = sqlx::query(GET).bind(warehouse_id).bind(name).fetch_optional(executor).await.map_err(refused)?;
    row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
}

pub(super) async fn list(readers: &SqlitePool, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Tag>> {
    let slice = Slice::new(page);
    let rows = sqlx::query(LIST)
        .bind(warehouse_id)
        .bind(slice.after.unwrap_or_default())
        .bind(slice.fetch)
        .bind(slice.skip)
        .fetch_all(readers)
        .await
        .map_err(refused)?;
    let tags = rows.iter().map(|row| read(&mut Fields::new(row))).collect::<Result<_, _>>().map_err(refused)?;
    Ok(Page::cut(tags, slice.limit, |tag: &Tag| Cursor(tag.name.clone())))
}

fn read(fields: &mut Fields<'_>) -> Result<Tag, sqlx::Error> {
    Ok(Tag {
        warehouse_id: fields.take()?,
        name: fields.take()?,
        branch_id: fields.take()?,
        seq: fields.take()?,
        commit_id: fields.take()?,
        created_at: fields.time()?,
    })
}
