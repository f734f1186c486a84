//! Migrations on SQLite.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use migrations::MigrationError;
use migrations::sqlite::{LATEST, migrate, version};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

async fn pool(folder: &tempfile::TempDir) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(folder.path().join("catalog.db")).create_if_missing(true);
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

#[tokio::test]
async fn an_empty_file_has_version_0_and_then_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    assert_eq!(version(&pool).await.unwrap(), 0);
    migrate(&pool).await.unwrap();
    migrate(&pool).await.unwrap();
    assert_eq!(version(&pool).await.unwrap(), LATEST);
}

#[tokio::test]
async fn a_file_of_a_newer_build_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    migrate(&pool).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations VALUES (?, 'from the future', CURRENT_TIMESTAMP, true, x'', 0)";
    sqlx::query(newer).bind(LATEST + 1).execute(&pool).await.unwrap();
    let error = migrate(&pool).await.unwrap_err();
    assert!(matches!(error, MigrationError::Newer { found, know } if found == LATEST + 1 && know == LATEST), "{error}");
}
