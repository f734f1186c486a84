//! Migrations of SQLite, indexes included. The server applies them itself when it opens the file.

use sqlx::{SqliteExecutor, SqlitePool};

use crate::MigrationError;
use crate::numbered::{Numbered, latest, migrator};

pub(crate) const FILES: &[Numbered] = &[
    Numbered { version: 1, name: "catalog", sql: include_str!("../sqlite/0001_catalog.sql") },
    Numbered { version: 2, name: "idempotency_detail", sql: include_str!("../sqlite/0002_idempotency_detail.sql") },
    Numbered { version: 3, name: "purges", sql: include_str!("../sqlite/0003_purges.sql") },
    Numbered { version: 4, name: "retention", sql: include_str!("../sqlite/0004_retention.sql") },
    Numbered { version: 5, name: "intents", sql: include_str!("../sqlite/0005_intents.sql") },
    Numbered { version: 6, name: "warehouse_namespace", sql: include_str!("../sqlite/0006_warehouse_namespace.sql") },
];

/// The version that this build needs.
pub const LATEST: i64 = latest(FILES);

/// Brings the database to [`LATEST`].
///
/// # Errors
/// [`MigrationError::Newer`] if a newer build has migrated it, else what the database said.
pub async fn migrate(pool: &SqlitePool) -> Result<(), MigrationError> {
    let found = version(pool).await.map_err(MigrationError::Version)?;
    if found > LATEST {
        return Err(MigrationError::Newer { found, know: LATEST });
    }
    migrator(FILES).run(pool).await.map_err(MigrationError::Apply)
}

/// The newest migration that is applied; 0 if there is none.
///
/// # Errors
/// What the database said.
pub async fn version<'e>(executor: impl SqliteExecutor<'e> + Copy) -> Result<i64, sqlx::Error> {
    let migrated: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')")
            .fetch_one(executor)
            .await?;
    if !migrated {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success").fetch_one(executor).await
}
