//! What every backend makes true.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "postgres/database.rs"]
mod database;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use catalog_store::conformance::Subject;
use store_postgres::PostgresStore;

/// A new schema, and two replicas on it.
async fn subject() -> Subject {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let options = database::options(&format!("conformance-{number}")).await;
    let store = Arc::new(PostgresStore::connect(&options).unwrap());
    let replica = Arc::new(PostgresStore::connect(&options).unwrap());
    Subject { store, replica, keep: Box::new(()) }
}

catalog_store::conformance!(subject);
