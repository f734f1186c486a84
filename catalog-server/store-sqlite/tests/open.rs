//! What is true of a file only.

use std::error::Error;

use catalog_store::{Health, HealthStore, WarehouseStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use store_sqlite::{OpenError, SqliteStore};

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

#[tokio::test]
async fn a_new_file_is_made_and_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.health().await.unwrap(), Health::Ready);
    for suffix in ["", "-wal", "-shm"] {
        let file = dir.path().join(format!("catalog.db{suffix}"));
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    store.close().await;
    let again = SqliteStore::open(&path).await.unwrap();
    assert_eq!(again.count_warehouses().await.unwrap(), 0);
}

#[tokio::test]
async fn a_file_of_a_newer_build_is_refused_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99, 'of the future', true, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();

    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::Migrate { .. }));
    let text = chain(&error);
    assert!(text.contains("catalog.db") && text.contains("99") && text.contains("newer"), "{text}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    let notes = "not a database, ".repeat(400);
    std::fs::write(&path, &notes).unwrap();
    let text = chain(&SqliteStore::open(&path).await.unwrap_err());
    assert!(text.contains("notes.txt") && text.contains("not a database"), "{text}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let text = chain(&SqliteStore::open(&dir.path().join("missing/catalog.db")).await.unwrap_err());
    assert!(text.contains("missing/catalog.db"), "{text}");
}
