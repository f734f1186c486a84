//! A warehouse with its branch, and requests on it.

use catalog_store::{
    Branch, Commit, CommitError, CommitRequest, CommitStore, Content, Entry, Expect, Ids, Key, NamespacePath,
    Operation, Precondition, PutWarehouse, RefStore, TreeStore, View, WarehouseStore,
};
use jiff::Timestamp;
use store_postgres::PostgresStore;

pub(crate) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn ns(name: &str) -> NamespacePath {
    NamespacePath::new([name]).unwrap()
}

pub(crate) fn table_key(name: &str) -> Key {
    Key::relation(ns("a"), name).unwrap()
}

/// A warehouse, and its branch `main`.
pub(crate) async fn lake(store: &PostgresStore) -> Branch {
    let put = PutWarehouse {
        uid: Ids.random(),
        name: "lake".into(),
        location: "s3://bucket/lake/".into(),
        profile: serde_json::json!({}),
        credential: None,
        retention: None,
        revision: "1".into(),
        owner_uid: "owner".into(),
        namespace: "test".into(),
        take_over: false,
    };
    let (warehouse, _) = store.put_warehouse(put, now()).await.unwrap();
    store.get_branch(warehouse.id, "main").await.unwrap().unwrap()
}

pub(crate) fn request(operations: Vec<Operation>, preconditions: Vec<Precondition>) -> CommitRequest {
    CommitRequest {
        id: Ids.ordered(),
        author: "test".into(),
        message: String::new(),
        operations,
        preconditions,
        idempotency: None,
        origin: None,
    }
}

pub(crate) fn create_namespace(name: &str) -> CommitRequest {
    let content = Content::Namespace { id: Ids.random(), properties: [].into() };
    let key = ns(name).key().unwrap();
    request(vec![Operation::Put { key, expect: Expect::Absent, content, locations: None }], vec![])
}

/// A table in namespace `a`, with what it holds.
pub(crate) fn create_table(name: &str, locations: &[&str]) -> CommitRequest {
    let content = Content::Table { id: Ids.random(), metadata_location: format!("{name}/0.json") };
    let locations = Some(locations.iter().map(|&location| location.to_owned()).collect());
    let put = Operation::Put { key: table_key(name), expect: Expect::Absent, content, locations };
    request(vec![put], vec![Precondition::Exists(ns("a"))])
}

/// The next metadata file of a table that is there.
pub(crate) fn commit_table(name: &str, entry: &Entry, location: &str) -> CommitRequest {
    let expect = Expect::Location(entry.content.metadata_location().unwrap().to_owned());
    let content = Content::Table { id: entry.content.id(), metadata_location: location.to_owned() };
    request(vec![Operation::Put { key: table_key(name), expect, content, locations: None }], vec![])
}

/// Drops namespace `a`, if it is empty.
pub(crate) fn drop_namespace(entry: &Entry) -> CommitRequest {
    let delete =
        Operation::Delete { key: ns("a").key().unwrap(), expect: Expect::Version(entry.version), purge: false };
    request(vec![delete], vec![Precondition::Empty(ns("a"))])
}

/// Commits one request alone.
pub(crate) async fn commit(
    store: &PostgresStore,
    branch: &Branch,
    request: CommitRequest,
) -> Result<Commit, CommitError> {
    store.commit(branch, vec![request], now()).await.remove(0)
}

pub(crate) async fn look(store: &PostgresStore, branch: &Branch, key: &Key) -> Option<Entry> {
    store.look(&View::head(branch), key).await.unwrap()
}
