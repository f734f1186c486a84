//! Migrations and indexes of Postgres. In a cluster the operator applies them; a server never does by itself.

mod endpoints;
mod grants;
mod indexes;
mod lock;
mod owner;
mod pooling;
mod prepare;
mod schema;
mod session;
mod url;

use std::time::Duration;

use sqlx::{Connection, PgConnection, PgExecutor};
use tracing::info;

pub use endpoints::Endpoints;
pub use indexes::{Index, IndexOutcome, IndexReport, IndexState, Progress, ensure_indexes, indexes, observe_indexes};
pub use owner::{Claim, Owner, detach};
pub use prepare::{Prepared, prepare};
pub use schema::Schema;
pub use session::{Refusal, Session, refusal};
pub use url::connect_options;

use crate::MigrationError;
use crate::numbered::{Numbered, latest, migrator};

pub(crate) const FILES: &[Numbered] = &[
    Numbered { version: 1, name: "catalog", sql: include_str!("../../postgres/0001_catalog.sql") },
    Numbered {
        version: 2,
        name: "idempotency_detail",
        sql: include_str!("../../postgres/0002_idempotency_detail.sql"),
    },
    Numbered { version: 3, name: "purges", sql: include_str!("../../postgres/0003_purges.sql") },
    Numbered { version: 4, name: "retention", sql: include_str!("../../postgres/0004_retention.sql") },
    Numbered { version: 5, name: "intents", sql: include_str!("../../postgres/0005_intents.sql") },
    Numbered {
        version: 6,
        name: "warehouse_namespace",
        sql: include_str!("../../postgres/0006_warehouse_namespace.sql"),
    },
];

/// The version that this build needs.
pub const LATEST: i64 = latest(FILES);

/// Makes the schema if it is not there and brings it to [`LATEST`]. Safe to run from many processes at once, and again.
///
/// # Errors
/// [`MigrationError::Newer`] if a newer build has migrated it, [`MigrationError::Busy`] if another process holds the
/// schema's lock for too long, else what the database said.
pub async fn migrate(endpoints: &Endpoints, schema: &Schema) -> Result<(), MigrationError> {
    // One must not queue for a lock behind a long reader, since every other query would then queue behind it.
    let mut connection = connect(endpoints, schema, Duration::from_secs(10)).await?;
    lock::acquire(&mut connection, schema, "migrate").await?;
    let result = migrate_locked(&mut connection, schema).await;
    // Ends the session, and with it the lock, whatever came out.
    let closed = connection.close().await;
    result?;
    closed.map_err(MigrationError::Connect)
}

/// The newest migration that is applied; 0 if there is none, or not even the schema.
///
/// # Errors
/// What the database said. The executor's `search_path` decides which schema is looked at.
pub async fn version<'e>(executor: impl PgExecutor<'e>) -> Result<i64, sqlx::Error> {
    const UNDEFINED_TABLE: &str = "42P01";
    let version = sqlx::query_scalar::<_, i64>("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
        .fetch_one(executor)
        .await;
    match version {
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some(UNDEFINED_TABLE) => Ok(0),
        other => other,
    }
}

/// The oldest build that works on the schema, by the newest migration that it knows; 0 if any does. A migration that takes
/// something away says so by the end of its name: `…_from_0007` leaves nothing that a build before 7 could do without.
///
/// # Errors
/// As [`version`].
pub async fn works_from<'e>(executor: impl PgExecutor<'e>) -> Result<i64, sqlx::Error> {
    const SELECT: &str = "SELECT coalesce(max(substring(description FROM '_from_([0-9]{4})$')::bigint), 0)
        FROM _sqlx_migrations WHERE success";
    sqlx::query_scalar(SELECT).fetch_one(executor).await
}

/// Without a statement timeout, since a migration or an index takes what it takes.
async fn connect(
    endpoints: &Endpoints,
    schema: &Schema,
    lock_timeout: Duration,
) -> Result<PgConnection, MigrationError> {
    let session = Session::new(schema)
        .writing()
        .require([("statement_timeout", "0".into()), ("lock_timeout", lock_timeout.as_millis().to_string())]);
    let named = endpoints.clone().map(|host| host.application_name("pangolin-migrations"));
    named.connect(&session).await.map(|(connection, _)| connection)
}

async fn migrate_locked(connection: &mut PgConnection, schema: &Schema) -> Result<(), MigrationError> {
    schema.create_if_missing(connection).await.map_err(MigrationError::CreateSchema)?;
    let found = version(&mut *connection).await.map_err(MigrationError::Version)?;
    if found > LATEST {
        return Err(MigrationError::Newer { found, know: LATEST });
    }
    migrator(FILES).run_direct(None, connection, false).await.map_err(MigrationError::Apply)?;
    info!(schema = schema.as_str(), from = found, to = LATEST, "the schema is up to date");
    Ok(())
}
