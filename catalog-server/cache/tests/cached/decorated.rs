//! Decorated stores over a new database, two replicas of each.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use catalog_cache::{CachedCatalogStore, Options};
use catalog_store::CatalogStore;
use catalog_store::conformance::Subject;
use migrations::postgres::{connect_options, migrate};
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;
use tokio_util::task::AbortOnDropHandle;

pub(crate) async fn sqlite() -> Subject {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let replica = Arc::new(SqliteStore::open(&path).await.unwrap());
    decorate(store, replica, folder)
}

pub(crate) async fn postgres() -> Subject {
    let options = schema().await;
    let connect = || Arc::new(PostgresStore::connect(&options).unwrap());
    decorate(connect(), connect(), ())
}

/// How to reach a new schema.
pub(crate) async fn schema() -> store_postgres::Options {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect(
        "PANGOLIN_TEST_POSTGRES must name a Postgres that tests may fill: `cargo e2e test` starts one and sets it",
    );
    let schema = format!("cache_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    migrate(&connect_options(&url).unwrap(), &schema.parse().unwrap()).await.unwrap();
    store_postgres::Options { max_connections: 8, ..store_postgres::Options::new(url, schema) }
}

/// Decorates a store, and keeps it coherent until it is dropped.
pub(crate) fn follow(
    store: Arc<dyn CatalogStore>,
    options: Options,
) -> (Arc<CachedCatalogStore>, AbortOnDropHandle<()>) {
    let (cached, follower) = CachedCatalogStore::new(store, options);
    (Arc::new(cached), AbortOnDropHandle::new(tokio::spawn(follower.run())))
}

fn decorate(store: Arc<dyn CatalogStore>, replica: Arc<dyn CatalogStore>, keep: impl Any + Send + Sync) -> Subject {
    let ((store, one), (replica, other)) = (follow(store, Options::default()), follow(replica, Options::default()));
    Subject { store, replica, keep: Box::new((one, other, keep)) }
}
