//! The rows that no method of the store reads back yet.

use std::collections::BTreeMap;
use std::path::Path;

use catalog_store::{
    Branch, CommitRequest, CommitStore, Content, Expect, Ids, Key, NamespacePath, Operation, PutWarehouse, RefStore,
    WarehouseStore,
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
        revision: "1".into(),
        owner_uid: "owner".into(),
        take_over: false,
    };
    let (warehouse, _) = store.put_warehouse(put, Timestamp::UNIX_EPOCH).await.unwrap();
    let branch = store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
    (store, branch)
}

async fn commit(store: &SqliteStore, branch: &Branch, operation: Operation) {
    let request = CommitRequest {
        id: Ids.ordered(),
        author: "anna".into(),
        message: "test".into(),
        operations: vec![operation],
        preconditions: vec![],
    };
    store.commit(branch, vec![request], Timestamp::UNIX_EPOCH).await.remove(0).unwrap();
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
