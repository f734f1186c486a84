//! `branches`.

use async_trait::async_trait;
use catalog_store::{Branch, Page, PaginationParams, RefStore, Result};
use sqlx::postgres::PgRow;
use tracing::instrument;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};
use crate::text::storable;

/// What [`read_branch`] reads, of a table named `b`.
macro_rules! columns {
    () => {
        "b.id, b.warehouse_id, b.name, b.protected, b.lineage, b.upto"
    };
}
pub(crate) use columns;

/// How many these are.
pub(crate) const WIDTH: usize = 6;

const GET: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM branches b WHERE b.warehouse_id = $1 AND b.name = $2 AND b.deleted_at IS NULL"
);

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM branches b
      WHERE b.warehouse_id = $1 AND b.name > $2 AND b.deleted_at IS NULL
      ORDER BY b.name
      LIMIT $3 OFFSET $4"
);

#[async_trait]
impl RefStore for PostgresStore {
    #[instrument(name = "db.branches.get", level = "debug", skip_all, err(level = "debug"))]
    async fn get_branch(&self, warehouse_id: i64, name: &str) -> Result<Option<Branch>> {
        if !storable(name) {
            return Ok(None);
        }
        let statement = sqlx::query(GET).bind(warehouse_id).bind(name.to_owned());
        let row = self.requests.fetch_optional(statement).await?;
        Ok(row.as_ref().map(read_row).transpose()?)
    }

    #[instrument(name = "db.branches.list", level = "debug", skip_all, err(level = "debug"))]
    async fn list_branches(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Branch>> {
        let statement = sqlx::query(LIST)
            .bind(warehouse_id)
            .bind(after(page)?.unwrap_or_default().to_owned())
            .bind(limit(page))
            .bind(offset(page));
        let rows = self.requests.fetch_all(statement).await?;
        let branches = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(branches, page, |last| last.name.clone()))
    }
}

fn read_row(row: &PgRow) -> Result<Branch, Failure> {
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
