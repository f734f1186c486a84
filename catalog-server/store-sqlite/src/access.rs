//! Token, warehouse and branch: one statement before anything else.

use std::sync::Arc;

use async_trait::async_trait;
use catalog_store::{Access, AccessStore, Result};

use crate::SqliteStore;
use crate::error::refused;
use crate::refs::branches::{self, branch_columns};
use crate::row::{Fields, now};
use crate::tokens::{self, token_columns};
use crate::warehouses::{self, warehouse_columns};

pub(crate) const ACCESS: &str = concat!(
    "SELECT ",
    now!(),
    ", ",
    token_columns!(),
    ", ",
    warehouse_columns!(),
    ", ",
    branch_columns!(),
    " FROM (SELECT 1)
      LEFT JOIN active_tokens t ON t.token_id = ?1
      LEFT JOIN warehouses w ON w.name = ?2 AND w.deleted_at IS NULL
      LEFT JOIN branches b ON b.warehouse_id = w.id AND b.name = ?3 AND b.deleted_at IS NULL"
);

#[async_trait]
impl AccessStore for SqliteStore {
    #[tracing::instrument(name = "db.access.read", level = "debug", skip_all)]
    async fn access(&self, token_id: Option<&str>, warehouse: Option<&str>, branch: &str) -> Result<Access> {
        let row = sqlx::query(ACCESS)
            .bind(token_id)
            .bind(warehouse)
            .bind(branch)
            .fetch_one(&self.readers)
            .await
            .map_err(refused)?;
        let mut fields = Fields::new(&row);
        let mut read = || {
            Ok(Access {
                database_now: fields.time()?,
                token: fields.joined(tokens::COLUMNS, tokens::read)?.map(Arc::new),
                warehouse: fields.joined(warehouses::COLUMNS, warehouses::read)?.map(Arc::new),
                branch: fields.joined(branches::COLUMNS, branches::read)?,
            })
        };
        read().map_err(refused)
    }
}
