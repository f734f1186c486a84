//! Which Catalog a schema belongs to: the one row of the table `catalog` says so.
//!
//! An owner that is gone from its cluster without having detached can't be told from one that lives in another cluster,
//! so nobody takes a schema over without being told to.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use super::{Endpoints, Schema, connect};
use crate::MigrationError;

/// For the whole farewell: the database may be gone as well.
const PATIENCE: Duration = Duration::from_secs(15);

/// Who wants to have the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The uid of the Catalog.
    pub uid: &'a str,
    /// Take it from whomever it belongs to.
    pub take_over: bool,
}

/// How a schema came to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It was made for it.
    Made,
    /// It has been its own.
    Kept,
    /// It was there and belonged to nobody.
    Adopted,
    /// It belonged to another.
    TakenOver,
}

/// Whose the schema is, or will be.
///
/// # Errors
/// [`MigrationError::Owned`] if it is another's and not to be taken over.
pub(super) async fn judge(connection: &mut PgConnection, owner: &Owner<'_>) -> Result<Claim, MigrationError> {
    let found: Option<String> = sqlx::query_scalar("SELECT owner_uid FROM catalog")
        .fetch_one(connection)
        .await
        .map_err(MigrationError::Owner)?;
    match found {
        None => Ok(Claim::Adopted),
        Some(found) if found == owner.uid => Ok(Claim::Kept),
        Some(_) if owner.take_over => Ok(Claim::TakenOver),
        Some(found) => Err(MigrationError::Owned { found }),
    }
}

pub(super) async fn write(connection: &mut PgConnection, owner: &Owner<'_>) -> Result<(), MigrationError> {
    sqlx::query("UPDATE catalog SET owner_uid = $1")
        .bind(owner.uid)
        .execute(connection)
        .await
        .map(|_| ())
        .map_err(MigrationError::Owner)
}

/// What depended on the Catalog has said goodbye before, unless its servers were gone first: then this is the only way.
const DETACH: &str = "
    WITH gone AS (UPDATE catalog SET owner_uid = NULL WHERE owner_uid = $1 RETURNING 1),
         warehouses AS (
           UPDATE warehouses SET owner_uid = NULL, version = version + 1
           WHERE owner_uid IS NOT NULL AND EXISTS (SELECT FROM gone)
         )
    UPDATE active_tokens SET revoked_at = now() WHERE revoked_at IS NULL AND EXISTS (SELECT FROM gone)";

/// Lets the schema go, so that the next Catalog finds it with all that is in it: warehouses without an owner, and no
/// credential that is still good. Nothing happens if it is another's.
///
/// # Errors
/// [`MigrationError::Connect`], [`MigrationError::Owner`].
pub async fn detach(endpoints: &Endpoints, schema: &Schema, uid: &str) -> Result<(), MigrationError> {
    let work = async {
        let mut connection = connect(endpoints, schema, Duration::from_secs(5)).await?;
        sqlx::query(DETACH).bind(uid).execute(&mut connection).await.map_err(MigrationError::Owner)?;
        connection.close().await.map_err(MigrationError::Connect)
    };
    timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(MigrationError::Owner(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))))
}
