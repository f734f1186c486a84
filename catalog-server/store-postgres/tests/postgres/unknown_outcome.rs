//! The connection is lost in COMMIT, and elsewhere: no answer may be wrong.

use std::time::{Duration, Instant};

use catalog_store::{CommitError, CommitStore};
use store_postgres::{Limits, Options, PostgresStore};

use crate::database::options;
use crate::lake::{commit, create_namespace, create_table, lake, look, now, ns, table_key};
use crate::proxy::{Fate, Proxy};
use crate::session::session;

/// A store behind a proxy, and one that is not.
struct Behind {
    proxy: Proxy,
    options: Options,
    direct: PostgresStore,
}

impl Behind {
    async fn new(name: &str) -> Self {
        let options = options(name).await;
        let direct = PostgresStore::connect(&options).unwrap();
        let connect = migrations::postgres::connect_options(&options.url).unwrap();
        let proxy = Proxy::start(connect.first().get_host().to_owned(), connect.first().get_port()).await;
        Self { proxy, options, direct }
    }

    /// A new store, whose connections are new as well.
    fn store(&self, limits: Limits) -> PostgresStore {
        let connect = migrations::postgres::connect_options(&self.options.url).unwrap();
        let database = connect.first().get_database().unwrap_or("postgres");
        // User and password as they stand.
        let (credentials, _) = self.options.url.rsplit_once('@').unwrap();
        let url = format!("{credentials}@127.0.0.1:{}/{database}?sslmode=disable", self.proxy.port());
        PostgresStore::connect(&Options { url, limits, ..self.options.clone() }).unwrap()
    }

    async fn commits(&self) -> i64 {
        let mut session = session(&self.options).await;
        sqlx::query_scalar("SELECT count(*) FROM commits").fetch_one(&mut session).await.unwrap()
    }
}

fn limits() -> Limits {
    Limits { acquire: Duration::from_secs(3), lock: Duration::from_secs(2), ..Limits::default() }
}

#[tokio::test]
async fn a_commit_whose_message_never_arrived_is_a_certain_loss() {
    let behind = Behind::new("commit-lost").await;
    let (branch, store) = (lake(&behind.direct).await, behind.store(limits()));
    behind.proxy.next_commit(Fate::Lost);
    let error = commit(&store, &branch, create_namespace("a")).await.unwrap_err();
    assert!(matches!(error, CommitError::Unavailable(_)), "{error:?}");
    assert!(error.is_certain_loss());
    assert_eq!(behind.commits().await, 0);
    commit(&store, &branch, create_namespace("a")).await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_to_be_applied() {
    let behind = Behind::new("commit-unanswered").await;
    let (branch, store) = (lake(&behind.direct).await, behind.store(limits()));
    behind.proxy.next_commit(Fate::Unanswered);
    let request = create_namespace("a");
    let (id, done) = (request.id, commit(&store, &branch, request).await.unwrap());
    assert_eq!((done.id, done.seq), (id, 1));
    assert!(look(&behind.direct, &branch, &ns("a").key().unwrap()).await.is_some());
}

#[tokio::test]
async fn a_commit_that_arrives_after_the_client_was_cut_off_is_waited_for() {
    let behind = Behind::new("commit-late").await;
    let (branch, store) = (lake(&behind.direct).await, behind.store(limits()));
    behind.proxy.next_commit(Fate::Late(Duration::from_millis(700)));
    let start = Instant::now();
    commit(&store, &branch, create_namespace("a")).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(600), "answered before the outcome was decided");
    assert_eq!(behind.commits().await, 1);
}

#[tokio::test]
async fn a_commit_that_is_held_up_for_longer_than_the_limit_is_unknown() {
    let behind = Behind::new("commit-unknown").await;
    let limits = Limits { resolve: Duration::from_secs(1), lock: Duration::from_millis(300), ..limits() };
    let (branch, store) = (lake(&behind.direct).await, behind.store(limits));
    behind.proxy.next_commit(Fate::Late(Duration::from_millis(2_500)));
    let conflict = create_table("t", &[]);
    let start = Instant::now();
    let answers = store.commit(&branch, vec![create_namespace("b"), conflict], now()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "waited for {:?}", start.elapsed());
    let unknown = answers[0].as_ref().unwrap_err();
    assert!(matches!(unknown, CommitError::OutcomeUnknown(_)) && !unknown.is_certain_loss(), "{unknown:?}");
    // The second one lost, but was judged by a state that may not have come to be.
    assert!(matches!(answers[1], Err(CommitError::Unavailable(_))), "{:?}", answers[1]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(behind.commits().await, 1, "it was applied in the end: a loss would have been a lie");
}

#[tokio::test]
async fn a_database_that_falls_silent_in_commit_is_given_up_and_asked_again() {
    let behind = Behind::new("commit-silent").await;
    let limits = Limits { statement: Duration::from_millis(500), ..limits() };
    let (branch, store) = (lake(&behind.direct).await, behind.store(limits));
    behind.proxy.next_commit(Fate::Silent);
    let start = Instant::now();
    commit(&store, &branch, create_namespace("a")).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "waited for {:?}", start.elapsed());
}

#[tokio::test]
async fn wherever_a_connection_is_cut_no_answer_is_wrong() {
    let behind = Behind::new("cut-anywhere").await;
    let branch = lake(&behind.direct).await;
    commit(&behind.direct, &branch, create_namespace("a")).await.unwrap();
    let (mut applied, mut lost) = (0, 0);
    for fate in [Fate::Lost, Fate::Unanswered, Fate::Late(Duration::from_millis(60))] {
        // More messages than a commit with new connections and a claim of locations has.
        for n in 0..30 {
            let (store, name) = (behind.store(limits()), format!("{fate:?}-{n}"));
            behind.proxy.nth_message(n, fate);
            let location = format!("s3://bucket/lake/{fate:?}/{n}/");
            let answer = commit(&store, &branch, create_table(&name, &[&location])).await;
            let spared = behind.proxy.disarm();
            let there = look(&behind.direct, &branch, &table_key(&name)).await.is_some();
            match &answer {
                Ok(_) => assert!(there, "message {n} {fate:?}: answered with success, but it is not there"),
                Err(error) => {
                    assert!(
                        error.is_certain_loss(),
                        "message {n} {fate:?}: the database was there all the time: {error:?}"
                    );
                    assert!(!there, "message {n} {fate:?}: answered with a loss, but it is there: {error:?}");
                }
            }
            applied += i32::from(answer.is_ok() && !spared);
            lost += i32::from(answer.is_err());
            store.close().await;
        }
    }
    assert!(applied > 5 && lost > 5, "the cuts hit too little: {applied} applied, {lost} lost");
}
