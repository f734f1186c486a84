//! What the sentences put into a store.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::Subject;
use crate::{
    Branch, Change, Commit, CommitError, CommitRequest, Content, Entry, Expect, Found, Ids, Key, NamespacePath,
    NewToken, Operation, Precondition, PutWarehouse, View, Warehouse,
};

/// So many seconds after a moment in the past of every machine.
pub(super) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2025-01-02T03:04:05.678901Z".parse().unwrap();
    start.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

pub(super) fn micros_later(time: Timestamp, micros: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_micros(micros)).unwrap()
}

pub(super) fn put_warehouse(name: &str) -> PutWarehouse {
    PutWarehouse {
        uid: Ids.random(),
        name: name.to_owned(),
        location: format!("s3://lake/{name}/"),
        profile: json!({"region": "eu"}),
        credential: Some(vec![0, 1, 255]),
        retention: None,
        revision: "r1".to_owned(),
        owner_uid: format!("owner of {name}"),
        namespace: "team".to_owned(),
        take_over: false,
    }
}

/// A new warehouse and its branch `main`.
pub(super) async fn warehouse(subject: &Subject, name: &str) -> (Warehouse, Branch) {
    let (warehouse, _) = subject.store.put_warehouse(put_warehouse(name), at(0)).await.unwrap();
    let branch = subject.store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
    (warehouse, branch)
}

pub(super) async fn main_branch(subject: &Subject) -> Branch {
    warehouse(subject, "lake").await.1
}

/// A token of a user of its owner's name that ends an hour after [`at`]`(0)`.
pub(super) fn new_token(owner: &str, revision: i64) -> NewToken {
    NewToken {
        token_id: format!("{owner}-{revision}"),
        user_id: format!("token:{owner}"),
        hash: [u8::try_from(revision).unwrap(); 32],
        grants: json!([{"warehouse": "lake", "privileges": ["Read"]}]),
        expires_at: at(3600),
        owner_uid: owner.to_owned(),
        revision,
    }
}

pub(super) async fn all_changes(subject: &Subject) -> Vec<Change> {
    subject.store.changes(0, 10_000).await.unwrap().changes
}

pub(super) fn ns(name: &str) -> NamespacePath {
    NamespacePath::new(name.split('.')).unwrap()
}

pub(super) fn ns_key(name: &str) -> Key {
    ns(name).key().unwrap()
}

pub(super) fn table_key(ns_name: &str, name: &str) -> Key {
    Key::relation(ns(ns_name), name).unwrap()
}

pub(super) fn namespace(properties: &[(&str, &str)]) -> Content {
    let properties: BTreeMap<_, _> = properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Content::Namespace { id: Ids.random(), properties }
}

pub(super) fn table(metadata_location: &str) -> Content {
    Content::Table { id: Ids.random(), metadata_location: metadata_location.to_owned() }
}

pub(super) fn view(metadata_location: &str) -> Content {
    Content::View { id: Ids.random(), metadata_location: metadata_location.to_owned() }
}

pub(super) fn put(key: Key, expect: Expect, content: Content) -> Operation {
    Operation::Put { key, expect, content, locations: None }
}

pub(super) fn put_at(key: Key, expect: Expect, content: Content, locations: &[&str]) -> Operation {
    let locations = Some(locations.iter().map(|location| (*location).to_owned()).collect());
    Operation::Put { key, expect, content, locations }
}

pub(super) fn delete(key: Key, expect: Expect) -> Operation {
    Operation::Delete { key, expect, purge: false }
}

pub(super) fn location(location: &str) -> Expect {
    Expect::Location(location.to_owned())
}

pub(super) fn request(operations: Vec<Operation>) -> CommitRequest {
    requiring(operations, Vec::new())
}

pub(super) fn requiring(operations: Vec<Operation>, preconditions: Vec<Precondition>) -> CommitRequest {
    let (author, message) = ("token:team/etl".to_owned(), "a test's commit".to_owned());
    CommitRequest { id: Ids.ordered(), author, message, operations, preconditions, idempotency: None, origin: None }
}

/// Creates a namespace.
pub(super) fn create_ns(name: &str) -> CommitRequest {
    request(vec![put(ns_key(name), Expect::Absent, namespace(&[]))])
}

/// Drops a namespace that is empty.
pub(super) fn drop_ns(name: &str, found: &Entry) -> CommitRequest {
    let operation = delete(ns_key(name), Expect::Version(found.version));
    requiring(vec![operation], vec![Precondition::Empty(ns(name))])
}

/// Creates a table in a namespace that is there.
pub(super) fn create_table(ns_name: &str, name: &str, metadata_location: &str) -> CommitRequest {
    let operation = put(table_key(ns_name, name), Expect::Absent, table(metadata_location));
    requiring(vec![operation], vec![Precondition::Exists(ns(ns_name))])
}

/// Moves a table's pointer.
pub(super) fn update(key: &Key, id: Uuid, from: &str, to: &str) -> CommitRequest {
    let content = Content::Table { id, metadata_location: to.to_owned() };
    request(vec![put(key.clone(), location(from), content)])
}

pub(super) async fn commit_all(
    subject: &Subject,
    branch: &Branch,
    requests: Vec<CommitRequest>,
) -> Vec<Result<Commit, CommitError>> {
    subject.store.commit(branch, requests, at(10)).await
}

/// Commits one request that must win.
pub(super) async fn commit(subject: &Subject, branch: &Branch, request: CommitRequest) -> Commit {
    commit_all(subject, branch, vec![request]).await.remove(0).unwrap()
}

/// Commits one request that must lose to what is there.
pub(super) async fn conflict(subject: &Subject, branch: &Branch, request: CommitRequest) -> (Key, Found) {
    conflict_of(commit_all(subject, branch, vec![request]).await.remove(0))
}

pub(super) fn conflict_of(result: Result<Commit, CommitError>) -> (Key, Found) {
    match result {
        Err(CommitError::Conflict { key, found }) => (key, found),
        other => panic!("not a conflict: {other:?}"),
    }
}

pub(super) async fn look(subject: &Subject, branch: &Branch, key: &Key) -> Option<Entry> {
    subject.store.look(&View::head(branch), key).await.unwrap()
}
