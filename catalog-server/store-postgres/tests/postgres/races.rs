//! Races between replicas: each has a store, and so connections, of its own.

use std::time::Duration;

use catalog_store::{
    CommitError, CommitRequest, CommitStore, Expect, Found, Ids, Operation, Precondition, PurgeStore, PutOutcome,
    PutWarehouse, RefStore, StoreError, View, WarehouseStore, Window,
};
use futures::future::join_all;
use sqlx::Executor;
use store_postgres::PostgresStore;

use crate::database::options;
use crate::lake::{
    commit, commit_table, create_namespace, create_table, drop_namespace, lake, look, now, ns, request, table_key,
};
use crate::session::session;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_dropping_a_namespace_and_creating_a_table_in_it_exactly_one_wins() {
    let options = options("drop-create").await;
    let (left, right) = (PostgresStore::connect(&options).unwrap(), PostgresStore::connect(&options).unwrap());
    let branch = lake(&left).await;
    let (mut dropped, mut created) = (0, 0);
    for round in 0..200 {
        if look(&left, &branch, &ns("a").key().unwrap()).await.is_none() {
            commit(&left, &branch, create_namespace("a")).await.unwrap();
        }
        let namespace = look(&left, &branch, &ns("a").key().unwrap()).await.unwrap();
        let (drop, create) = tokio::join!(
            commit(&left, &branch, drop_namespace(&namespace)),
            commit(&right, &branch, create_table("t", &[]))
        );
        assert!(drop.is_ok() != create.is_ok(), "round {round}: {drop:?} {create:?}");
        if create.is_ok() {
            created += 1;
            assert!(matches!(drop, Err(CommitError::Conflict { found: Found::NotEmpty, .. })), "{drop:?}");
            let table = look(&left, &branch, &table_key("t")).await.unwrap();
            let expect = Expect::Version(table.version);
            let delete = Operation::Delete { key: table_key("t"), expect, purge: false };
            commit(&left, &branch, request(vec![delete], vec![])).await.unwrap();
        } else {
            dropped += 1;
            assert!(matches!(create, Err(CommitError::Conflict { found: Found::Absent, .. })), "{create:?}");
        }
    }
    assert!(dropped > 0 && created > 0, "one side always won: {dropped} drops, {created} creations");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_writers_on_three_replicas_that_expect_the_same_file_exactly_one_wins() {
    let options = options("same-file").await;
    let stores: Vec<_> = (0..3).map(|_| PostgresStore::connect(&options).unwrap()).collect();
    let branch = lake(&stores[0]).await;
    commit(&stores[0], &branch, create_namespace("a")).await.unwrap();
    commit(&stores[0], &branch, create_table("t", &[])).await.unwrap();
    for round in 0..20 {
        let entry = look(&stores[0], &branch, &table_key("t")).await.unwrap();
        let writers = (0..12).map(|writer| {
            let next = commit_table("t", &entry, &format!("t/{round}-{writer}.json"));
            commit(&stores[writer % 3], &branch, next)
        });
        let answers = join_all(writers).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "round {round}: {answers:?}");
        assert!(answers.iter().flat_map(|a| a.as_ref().err()).all(|e| matches!(e, CommitError::Conflict { .. })));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_branches_that_claim_overlapping_locations_at_once_exactly_one_wins() {
    let options = options("two-branches").await;
    let (left, right) = (PostgresStore::connect(&options).unwrap(), PostgresStore::connect(&options).unwrap());
    let main = lake(&left).await;
    commit(&left, &main, create_namespace("a")).await.unwrap();
    let mut session = session(&options).await;
    sqlx::query("INSERT INTO branches (warehouse_id, name, lineage, upto) VALUES ($1, 'dev', ARRAY[$2], ARRAY[1])")
        .bind(main.warehouse_id)
        .bind(main.id)
        .execute(&mut session)
        .await
        .unwrap();
    let dev = left.get_branch(main.warehouse_id, "dev").await.unwrap().unwrap();
    assert_eq!(View::head(&dev).upto, [i64::MAX, 1]);
    for round in 0..40 {
        let (above, below) = (format!("s3://bucket/lake/{round}/"), format!("s3://bucket/lake/{round}/x/"));
        let name = format!("t{round}");
        let (on_main, on_dev) = tokio::join!(
            commit(&left, &main, create_table(&name, &[&above])),
            commit(&right, &dev, create_table(&name, &[&below]))
        );
        assert!(on_main.is_ok() != on_dev.is_ok(), "round {round}: {on_main:?} {on_dev:?}");
        let loser = on_main.and(on_dev).unwrap_err();
        assert!(matches!(loser, CommitError::Conflict { found: Found::LocationTaken { .. }, .. }), "{loser:?}");
    }
}

#[tokio::test]
async fn a_branch_that_was_deleted_takes_no_commit() {
    let options = options("deleted-branch").await;
    let store = PostgresStore::connect(&options).unwrap();
    let branch = lake(&store).await;
    session(&options).await.execute("UPDATE branches SET deleted_at = now()").await.unwrap();
    let answers = store.commit(&branch, vec![create_namespace("a"), create_namespace("b")], now()).await;
    assert!(answers.iter().all(|answer| matches!(answer, Err(CommitError::Backend(_)))), "{answers:?}");
    assert_eq!(look(&store, &branch, &ns("a").key().unwrap()).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_warehouses_that_overlap_and_are_put_at_once_exactly_one_is_made() {
    let store = PostgresStore::connect(&options("overlap").await).unwrap();
    let puts = (0..12).map(|n| {
        store.put_warehouse(
            PutWarehouse {
                uid: Ids.random(),
                name: format!("lake-{n}"),
                location: format!("s3://bucket/{}", "x/".repeat(n)),
                profile: serde_json::json!({}),
                credential: None,
                retention: None,
                revision: "1".into(),
                owner_uid: format!("owner-{n}"),
                namespace: "test".into(),
                take_over: false,
            },
            now(),
        )
    });
    let answers = join_all(puts).await;
    assert_eq!(answers.iter().filter(|a| matches!(a, Ok((_, PutOutcome::Created)))).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|a| matches!(a, Err(StoreError::AlreadyExists(_)))).count(), 11);
}

/// The fork has read what it is to show, and nobody sees it yet, when the table is dropped.
#[tokio::test]
async fn a_purge_waits_for_a_fork_that_is_under_way() {
    let options = options("purge-fork").await;
    let store = PostgresStore::connect(&options).unwrap();
    let branch = lake(&store).await;
    commit(&store, &branch, create_namespace("a")).await.unwrap();
    let made = commit(&store, &branch, create_table("t", &[])).await.unwrap();
    let mut fork = session(&options).await;
    let (id, warehouse, seq) = (branch.id, branch.warehouse_id, made.seq);
    let begin = format!(
        "BEGIN; SELECT 1 FROM branches WHERE id = {id} FOR KEY SHARE;
         INSERT INTO branches (warehouse_id, name, lineage, upto) VALUES ({warehouse}, 'dev', ARRAY[{id}], ARRAY[{seq}])"
    );
    fork.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(begin))).await.unwrap();
    let delete = Operation::Delete { key: table_key("t"), expect: Expect::Location("t/0.json".into()), purge: true };
    commit(&store, &branch, request(vec![delete], vec![])).await.unwrap();
    let purge = store.take_purge(Duration::from_secs(60)).await.unwrap().unwrap();
    let end = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        fork.execute("COMMIT").await.unwrap();
    };
    let window = Window::default();
    let (begun, ()) = tokio::join!(store.begin_purge(&purge, &window, now()), end);
    assert!(!begun.unwrap(), "the fork shows the table");
}

/// The same with snapshots that are taken out while a fork that still shows them is under way.
#[tokio::test]
async fn a_commit_that_must_know_who_else_shows_a_table_waits_for_a_fork_that_is_under_way() {
    let options = options("shown-fork").await;
    let store = PostgresStore::connect(&options).unwrap();
    let branch = lake(&store).await;
    commit(&store, &branch, create_namespace("a")).await.unwrap();
    commit(&store, &branch, create_table("t", &[])).await.unwrap();
    let entry = look(&store, &branch, &table_key("t")).await.unwrap();
    let next = commit_table("t", &entry, "t/1.json");
    let look = Precondition::ShownAs { key: table_key("t"), content: entry.content.id(), files: Vec::new() };
    let removing = CommitRequest { preconditions: vec![look], ..next };
    let mut fork = session(&options).await;
    let (id, warehouse, seq) = (branch.id, branch.warehouse_id, entry.version.seq);
    let begin = format!(
        "BEGIN; SELECT 1 FROM branches WHERE id = {id} FOR KEY SHARE;
         SELECT 1 FROM warehouses WHERE id = {warehouse} FOR NO KEY UPDATE;
         INSERT INTO branches (warehouse_id, name, lineage, upto) VALUES ({warehouse}, 'dev', ARRAY[{id}], ARRAY[{seq}])"
    );
    fork.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(begin))).await.unwrap();
    let end = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        fork.execute("COMMIT").await.unwrap();
    };
    let (result, ()) = tokio::join!(commit(&store, &branch, removing), end);
    assert!(matches!(result, Err(CommitError::Conflict { found: Found::ShownAs { .. }, .. })), "{result:?}");
}
