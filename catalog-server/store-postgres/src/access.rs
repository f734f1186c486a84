//! The first read of each request: `active_tokens`, `warehouses` and `branches` in one statement.

use std::sync::Arc;

use async_trait::async_trait;
use catalog_store::{Access, AccessStore, Result};
use tracing::instrument;

use crate::columns::Columns;
use crate::error::Failure;
use crate::text::storable;
use crate::time::Time;
use crate::{PostgresStore, refs, tokens, warehouses};

/// One row, whatever is there. A null asks for nothing, and nothing equals it.
pub const ACCESS: &str = concat!(
    "SELECT clock_timestamp(), ",
    tokens::sql::columns!(),
    ", ",
    warehouses::sql::columns!(),
    ", ",
    refs::sql::branch_columns!(),
    " FROM (SELECT) one
      LEFT JOIN active_tokens t ON t.token_id = $1::text
      LEFT JOIN warehouses w ON w.name = $2::text AND w.deleted_at IS NULL
      LEFT JOIN branches b ON b.warehouse_id = w.id AND b.name = $3::text AND b.deleted_at IS NULL"
);

#[async_trait]
impl AccessStore for PostgresStore {
    #[instrument(name = "db.access.select", level = "debug", skip_all, err(level = "debug"))]
    async fn access(&self, token_id: Option<&str>, warehouse: Option<&str>, branch: &str) -> Result<Access> {
        let statement = sqlx::query(ACCESS).bind(name(token_id)).bind(name(warehouse)).bind(name(Some(branch)));
        let row = self.requests.fetch_one(statement).await?;
        let mut columns = Columns::new(&row);
        Ok(read_access(&mut columns)?)
    }
}

fn name(asked: Option<&str>) -> Option<String> {
    asked.filter(|name| storable(name)).map(str::to_owned)
}

fn read_access(columns: &mut Columns<'_>) -> Result<Access, Failure> {
    Ok(Access {
        database_now: columns.take::<Time>()?.0,
        token: columns.optional(tokens::sql::WIDTH, tokens::read_token)?.map(Arc::new),
        warehouse: columns.optional(warehouses::sql::WIDTH, warehouses::read_warehouse)?.map(Arc::new),
        branch: columns.optional(refs::branches::WIDTH, refs::branches::read_branch)?,
    })
}
