//! Every wait is bounded, and a caller that goes away leaves nothing behind.

use std::time::{Duration, Instant};

use catalog_store::{AccessStore, CommitError, CommitStore, Health, HealthStore, StoreError};
use sqlx::{Connection, Executor};
use store_postgres::{Limits, Options, PostgresStore};
use tokio::time::timeout;

use crate::database::options;
use crate::lake::{commit, commit_table, create_namespace, create_table, lake, look, now, table_key};
use crate::session::session;

fn short() -> Limits {
    Limits { acquire: Duration::from_millis(500), lock: Duration::from_millis(300), ..Limits::default() }
}

#[tokio::test]
async fn a_branch_that_somebody_holds_makes_a_commit_unavailable_in_time() {
    let options = Options { limits: short(), ..options("held").await };
    let store = PostgresStore::connect(&options).unwrap();
    let branch = lake(&store).await;
    let mut session = session(&options).await;
    let mut holding = session.begin().await.unwrap();
    holding.execute("SELECT 1 FROM branches FOR NO KEY UPDATE").await.unwrap();
    let start = Instant::now();
    let error = commit(&store, &branch, create_namespace("a")).await.unwrap_err();
    assert!(matches!(error, CommitError::Unavailable(_)), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(2), "waited for {:?}", start.elapsed());
    holding.rollback().await.unwrap();
    commit(&store, &branch, create_namespace("a")).await.unwrap();
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_unavailable_in_time_and_health_still_answers() {
    let limits = Limits { lock: Duration::from_secs(3), ..short() };
    let options = Options { limits, max_connections: 1, ..options("exhausted").await };
    let store = PostgresStore::connect(&options).unwrap();
    let branch = lake(&store).await;
    let mut session = session(&options).await;
    let mut holding = session.begin().await.unwrap();
    holding.execute("SELECT 1 FROM branches FOR NO KEY UPDATE").await.unwrap();
    let waiting = commit(&store, &branch, create_namespace("a"));
    let reading = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let start = Instant::now();
        let error = store.access(None, None, "main").await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(2), "waited for {:?}", start.elapsed());
        assert_eq!(store.health().await.unwrap(), Health::Ready);
        holding.rollback().await.unwrap();
    };
    let (committed, ()) = tokio::join!(waiting, reading);
    committed.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable_in_time() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://nobody@127.0.0.1:{closed}/nothing");
    let options = Options { limits: short(), ..Options::new(url, "pangolin") };
    let store = PostgresStore::connect(&options).unwrap();
    let start = Instant::now();
    assert!(matches!(store.health().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.access(None, None, "main").await, Err(StoreError::Unavailable(_))));
    assert!(start.elapsed() < Duration::from_secs(4), "waited for {:?}", start.elapsed());
}

#[tokio::test]
async fn a_login_or_database_that_is_refused_is_unavailable() {
    let options = options("refused").await;
    let connect = migrations::postgres::connect_options(&options.url).unwrap();
    let (_, address) = options.url.rsplit_once('@').unwrap();
    let stranger = format!("postgres://stranger:wrong@{address}");
    let (server, _) = options.url.rsplit_once('/').unwrap();
    let elsewhere = format!("{server}/not-{}", connect.first().get_database().unwrap_or("there"));
    for url in [stranger, elsewhere] {
        let store = PostgresStore::connect(&Options { url, limits: short(), ..options.clone() }).unwrap();
        let access = store.access(None, None, "main").await;
        assert!(matches!(access, Err(StoreError::Unavailable(_))), "{access:?}");
        assert!(matches!(store.health().await, Err(StoreError::Unavailable(_))));
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_leaves_no_transaction_open() {
    let options = Options { max_connections: 2, ..options("dropped").await };
    let store = PostgresStore::connect(&options).unwrap();
    let branch = lake(&store).await;
    commit(&store, &branch, create_namespace("a")).await.unwrap();
    commit(&store, &branch, create_table("t", &[])).await.unwrap();
    for micros in (0..4_000).step_by(100) {
        let entry = look(&store, &branch, &table_key("t")).await.unwrap();
        let next = commit_table("t", &entry, &format!("t/{micros}.json"));
        let dropped = store.commit(&branch, vec![next], now());
        let _ = timeout(Duration::from_micros(micros), dropped).await;
        // Whether that one was applied or not: the next one finds a free branch and a working pool.
        let entry = look(&store, &branch, &table_key("t")).await.unwrap();
        match commit(&store, &branch, commit_table("t", &entry, &format!("t/{micros}-after.json"))).await {
            // The dropped COMMIT had been sent, and ended between our look and our commit.
            Ok(_) | Err(CommitError::Conflict { .. }) => {}
            Err(error) => panic!("after a drop at {micros} µs: {error:?}"),
        }
    }
    let mut session = session(&options).await;
    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND application_name = $1";
    let open: i64 = sqlx::query_scalar(open).bind(&options.application_name).fetch_one(&mut session).await.unwrap();
    assert_eq!(open, 0);
}

#[tokio::test]
async fn a_schema_that_is_too_old_or_too_new_is_not_ready_and_says_so() {
    let options = options("versions").await;
    let store = PostgresStore::connect(&options).unwrap();
    let latest = migrations::postgres::LATEST;
    let mut session = session(&options).await;
    let newer =
        "UPDATE _sqlx_migrations SET version = version + 1 WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    session.execute(newer).await.unwrap();
    assert_eq!(store.health().await.unwrap(), Health::Ready, "it has only added something");
    let (found, from) = (latest + 1, format!("less_from_{:04}", latest + 1));
    let less = "UPDATE _sqlx_migrations SET description = $1 WHERE version = $2";
    sqlx::query(less).bind(from).bind(found).execute(&mut session).await.unwrap();
    assert_eq!(store.health().await.unwrap(), Health::SchemaTooNew { found, know: latest });
    session.execute("DROP TABLE _sqlx_migrations").await.unwrap();
    assert_eq!(store.health().await.unwrap(), Health::SchemaTooOld { found: 0, need: latest });
}
