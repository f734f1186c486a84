//! Reading the table `branches`.

use catalog_store::{Branch, Cursor, Page, PaginationParams, Result};
use sqlx::types::Json;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

use crate::error::refused;
use crate::row::{Fields, Slice};

macro_rules! columns {
    () => {
        "b.id, b.warehouse_id, b.name, b.protected, b.lineage, b.upto"
    };
}
pub(crate) use columns as branch_columns;
pub(crate) const COLUMNS: usize = 6;

const GET: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM branches b WHERE b.warehouse_id = ?1 AND b.name = ?2 AND b.deleted_at IS NULL"
);
const GET_LIVE: &str = concat!("SELECT ", columns!(), " FROM branches b WHERE b.id = ?1 AND b.deleted_at IS NULL");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM branches b
      WHERE b.warehouse_id = ?1 AND b.name > ?2 AND b.deleted_at IS NULL
      ORDER BY b.name LIMIT ?3 OFFSET ?4"
);

pub(super) async fn get(executor: impl SqliteExecutor<'_>, warehouse_id: i64, name: &str) -> Result<Option<Branch>> {
    let row = sqlx::query(GET).bind(warehouse_id).bind(name).fetch_optional(executor).await.map_err(refused)?;
    row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
}

pub(super) async fn get_live(change: &mut SqliteConnection, id: i64) -> Result<Option<Branch>> {
    let row = sqlx::query(GET_LIVE).bind(id).fetch_optional(change).await.map_err(refused)?;
    row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
}

pub(super) async fn list(readers: &SqlitePool, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Branch>> {
    let slice = Slice::new(page);
    let rows = sqlx::query(LIST)
        .bind(warehouse_id)
        .bind(slice.after.unwrap_or_default())
        .bind(slice.fetch)
        .bind(slice.skip)
        .fetch_all(readers)
        .await
        .map_err(refused)?;
    let branches = rows.iter().map(|row| read(&mut Fields::new(row))).collect::<Result<_, _>>().map_err(refused)?;
    Ok(Page::cut(branches, slice.limit, |branch: &Branch| Cursor(branch.name.clone())))
}

pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Branch, sqlx::Error> {
    Ok(Branch {
        id: fields.take()?,
        warehouse_id: fields.take()?,
        name: fields.take()?,
        protected: fields.take()?,
        lineage: fields.take::<Json<_>>()?.0,
        upto: fields.take::<Json<_>>()?.0,
    })
}

/// The branch that each warehouse has from its beginning.
pub(crate) async fn insert_main(change: &mut SqliteConnection, warehouse_id: i64) -> Result<()> {
    sqlx::query("INSERT INTO branches (warehouse_id, name) VALUES (?1, 'main')")
        .bind(warehouse_id)
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}
