//! What every backend makes true.

use std::sync::Arc;

use catalog_store::conformance::Subject;
use store_sqlite::SqliteStore;

#[expect(clippy::unwrap_used, reason = "each test begins here")]
async fn subject() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let replica = Arc::new(SqliteStore::open(&path).await.unwrap());
    Subject { store, replica, keep: Box::new(folder) }
}

catalog_store::conformance!(subject);
