//! A database with a warehouse in it, and the ways to both.

use catalog_store::{
    Branch, Clock, Commit, CommitRequest, CommitStore, Content, Expect, Ids, Key, NamespacePath, Operation,
    Precondition, PutWarehouse, RefStore, SystemClock, View, WarehouseStore,
};
use jiff::Timestamp;
use store_postgres::{Options, PostgresStore};

use super::plain::Plain;
use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::postgres::{Access, SCHEMA};

/// Where the tables of the warehouse lie: nothing is ever read or written there.
pub(super) const ROOT: &str = "s3://bench/lake/";

/// Commits that go into one transaction of the database.
const GROUP: usize = 100;

/// The database and its store.
pub(super) struct Ground {
    /// The database's name.
    pub(super) name: &'static str,
    /// Its URL, with the password: never print it.
    pub(super) url: String,
    /// As the server has it.
    pub(super) store: PostgresStore,
    /// The warehouse's first branch.
    pub(super) main: Branch,
    /// One row in and out, in the same database.
    pub(super) plain: Plain,
}

impl Ground {
    /// An empty warehouse in a new database, without the indexes that only make it fast.
    pub(super) async fn make(postgres: &Access, name: &'static str) -> Outcome<Self> {
        let url = postgres.migrated(name).await?;
        let plain = Plain::make(postgres, &url, name).await?;
        let store = PostgresStore::connect(&Options { max_connections: 16, ..Options::new(&url, SCHEMA) });
        let store = store.attempt("open the store")?;
        let main = warehouse(&store, "lake", ROOT).await?;
        Ok(Self { name, url, store, main, plain })
    }

    /// Forks a branch from the head of another one.
    pub(super) async fn fork(&self, from: &Branch, name: &str) -> Outcome<Branch> {
        let made = self.store.create_branch(from.warehouse_id, name, &View::head(from), now()).await;
        made.attempt(format!("fork {name}"))
    }

    /// Commits on a branch, in groups; all must win.
    pub(super) async fn commit(&self, branch: &Branch, requests: Vec<CommitRequest>) -> Outcome<Vec<Commit>> {
        let mut commits = Vec::with_capacity(requests.len());
        for group in requests.chunks(GROUP) {
            let results = self.store.commit(branch, group.to_vec(), now()).await;
            let won: Result<Vec<Commit>, _> = results.into_iter().collect();
            commits.extend(won.attempt(format!("commit on {}", branch.name))?);
        }
        Ok(commits)
    }
}

/// A warehouse of that name; its first branch.
pub(super) async fn warehouse(store: &PostgresStore, name: &str, location: &str) -> Outcome<Branch> {
    let put = PutWarehouse {
        uid: Ids.random(),
        name: name.to_owned(),
        location: location.to_owned(),
        profile: serde_json::json!({}),
        retention: None,
        credential: None,
        revision: "1".to_owned(),
        owner_uid: "bench".to_owned(),
        namespace: "test".into(),
        take_over: false,
    };
    let (warehouse, _) = store.put_warehouse(put, now()).await.attempt("make the warehouse")?;
    let main = store.get_branch(warehouse.id, Branch::MAIN).await.attempt("look for main")?;
    main.ok_or_else(|| Failure::new("the warehouse has no main"))
}

/// A commit that puts one content.
pub(super) fn put(key: Key, expect: Expect, content: Content, locations: Option<Vec<String>>) -> CommitRequest {
    let message = format!("put {key}");
    let preconditions = vec![Precondition::Exists(key.ns.clone())];
    let operations = vec![Operation::Put { key, expect, content, locations }];
    CommitRequest {
        id: Ids.ordered(),
        author: "token:bench/bench".to_owned(),
        message,
        operations,
        preconditions,
        idempotency: None,
        origin: None,
    }
}

/// A path of one level.
pub(super) fn namespace(name: &str) -> Outcome<NamespacePath> {
    NamespacePath::new([name]).attempt("name a namespace")
}

/// The present time, as the server takes it.
pub(super) fn now() -> Timestamp {
    SystemClock.now()
}
