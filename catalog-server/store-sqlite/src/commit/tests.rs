//! The rows that no method of the store reads back yet.

use std::collections::BTreeMap;
use std::path::Path;

use catalog_store::{
    Branch, Commit, CommitError, CommitRequest, CommitStore, Content, Expect, Found, Ids, Key, NamespacePath,
    Operation, PutWarehouse, RefStore, StoreError, TreeStore, View, WarehouseStore,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::SqliteStore;

async fn open(folder: &Path) -> (SqliteStore, Branch) {
    let store = SqliteStore::open(&folder.join("catalog.db")).await.unwrap();
    let put = PutWarehouse {
        uid: Ids.random(),
        name: "lake".into(),
        location: "s3://lake/".into(),
        profile: serde_json::json!({}),
        credential: None,
        retention: None,
        revision: "1".into(),
        owner_uid: "owner".into(),
        namespace: "test".into(),
        take_over: false,
    };
    let (warehouse, _) = store.put_warehouse(put, Timestamp::UNIX_EPOCH).await.unwrap();
    let branch = store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
    (store, branch)
}

async fn commit(store: &SqliteStore, branch: &Branch, operation: Operation) {
    try_commit(store, branch, operation).await.unwrap();
}

async fn try_commit(store: &SqliteStore, branch: &Branch, operation: Operation) -> Result<Commit, CommitError> {
    let request = CommitRequest {
        id: Ids.ordered(),
        author: "anna".into(),
        message: "test".into(),
        operations: vec![operation],
        preconditions: vec![],
        idempotency: None,
        origin: None,
    };
    store.commit(branch, vec![request], Timestamp::UNIX_EPOCH).await.remove(0)
}

fn table(id: Uuid, metadata_location: &str) -> Content {
    Content::Table { id, metadata_location: metadata_location.into() }
}

#[tokio::test]
async fn each_version_says_which_one_it_followed_and_a_purge_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (store, branch) = open(folder.path()).await;
    let ns = NamespacePath::new(["a"]).unwrap();
    let (key, id) = (Key::relation(ns.clone(), "t").unwrap(), Ids.random());
    let namespace = Content::Namespace { id: Ids.random(), properties: BTreeMap::new() };
    let at = |location: &str| Expect::Location(location.into());
    let put = |key: Key, expect, content| Operation::Put { key, expect, content, locations: None };
    for operation in [
        put(key.clone(), Expect::Absent, table(id, "m0")),
        put(ns.key().unwrap(), Expect::Absent, namespace),
        put(key.clone(), at("m0"), table(id, "m1")),
        Operation::Delete { key: key.clone(), expect: at("m1"), purge: true },
        put(key.clone(), Expect::Absent, table(Ids.random(), "m2")),
        Operation::Delete { key, expect: at("m2"), purge: false },
    ] {
        commit(&store, &branch, operation).await;
    }
    let versions: Vec<(i64, Option<i64>, i64)> =
        sqlx::query_as("SELECT seq, prev_seq, kind FROM versions WHERE name = 't' ORDER BY seq")
            .fetch_all(&store.readers)
            .await
            .unwrap();
    assert_eq!(versions, [(1, None, 2), (3, Some(1), 2), (4, Some(3), 0), (5, Some(4), 2), (6, Some(5), 0)]);
    let names: Vec<(String, i64, i64, i64)> =
        sqlx::query_as("SELECT name, kind, seq, first_seq FROM names ORDER BY name")
            .fetch_all(&store.readers)
            .await
            .unwrap();
    assert_eq!(names, [("a".into(), 1, 2, 2), ("t".into(), 0, 6, 1)]);
    let purges: Vec<(i64, Uuid, String)> =
        sqlx::query_as("SELECT warehouse_id, content_id, metadata_location FROM purges")
            .fetch_all(&store.readers)
            .await
            .unwrap();
    assert_eq!(purges, [(branch.warehouse_id, id, "m1".into())]);
}

#[tokio::test]
async fn commits_of_an_existing_table_leave_one_row_in_names() {
    let folder = tempfile::tempdir().unwrap();
    let (store, branch) = open(folder.path()).await;
    let (key, id) = (Key::relation(NamespacePath::root(), "t").unwrap(), Ids.random());
    let mut expect = Expect::Absent;
    for n in 0..5 {
        let content = table(id, &format!("m{n}"));
        commit(&store, &branch, Operation::Put { key: key.clone(), expect, content, locations: None }).await;
        expect = Expect::Location(format!("m{n}"));
    }
    let names: Vec<(i64, i64)> =
        sqlx::query_as("SELECT seq, first_seq FROM names").fetch_all(&store.readers).await.unwrap();
    assert_eq!(names, [(1, 1)]);
}

#[tokio::test]
async fn a_full_disk_is_a_certain_loss_and_ends_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, branch) = open(folder.path()).await;
    let key = Key::relation(NamespacePath::root(), "t").unwrap();
    let content = table(Ids.random(), &"x".repeat(1_000_000));
    let put = Operation::Put { key: key.clone(), expect: Expect::Absent, content, locations: None };
    for _ in 0..3 {
        sqlx::query("PRAGMA max_page_count = 1").execute(&store.writer).await.unwrap();
        let lost = try_commit(&store, &branch, put.clone()).await;
        assert!(matches!(lost, Err(CommitError::Unavailable(_))), "{lost:?}");
        assert_eq!(store.look(&View::head(&branch), &key).await.unwrap(), None);
    }
    sqlx::query("PRAGMA max_page_count = 1000000").execute(&store.writer).await.unwrap();
    commit(&store, &branch, put).await;
    assert!(store.look(&View::head(&branch), &key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_closed_store_answers_that_it_is_not_available() {
    let folder = tempfile::tempdir().unwrap();
    let (store, branch) = open(folder.path()).await;
    let key = Key::relation(NamespacePath::root(), "t").unwrap();
    store.close().await;
    let content = table(Ids.random(), "m");
    let put = Operation::Put { key: key.clone(), expect: Expect::Absent, content, locations: None };
    assert!(matches!(try_commit(&store, &branch, put).await, Err(CommitError::Unavailable(_))));
    assert!(matches!(store.look(&View::head(&branch), &key).await, Err(StoreError::Unavailable(_))));
}

#[test]
fn after_an_unknown_outcome_losers_may_try_again_and_winners_may_not() {
    let commit = Commit {
        id: Ids.ordered(),
        seq: 1,
        branch_id: 1,
        parent_id: None,
        author: String::new(),
        message: String::new(),
        committed_at: Timestamp::UNIX_EPOCH,
        origin: None,
    };
    let key = Key::relation(NamespacePath::root(), "t").unwrap();
    let results = vec![Ok(commit), Err(CommitError::Conflict { key, found: Found::Absent })];
    let results = super::unknown(results, "the flush failed".into());
    assert!(matches!(results[0], Err(CommitError::OutcomeUnknown(_))));
    assert!(matches!(results[1], Err(CommitError::Unavailable(_))));
}
