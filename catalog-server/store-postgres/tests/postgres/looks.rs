//! Looks share statements, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use catalog_store::{Branch, Entry, Expect, Key, NamespacePath, Operation, RefStore, StoreError, TreeStore, View};
use futures::future::join_all;
use sqlx::{Executor, PgConnection};
use store_postgres::{Limits, Options, PostgresStore};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::database::options;
use crate::lake::{commit, commit_table, create_namespace, create_table, lake, look, now, ns, request, table_key};
use crate::session::session;

type Answer = Result<Option<Entry>, StoreError>;

/// Tables `t0` to `t9` on `main`, `t0` dropped; a fork that sees them, and has dropped `t1` and made `t10`.
async fn tree(store: &PostgresStore) -> (Branch, Branch) {
    let main = lake(store).await;
    commit(store, &main, create_namespace("a")).await.unwrap();
    for n in 0..10 {
        commit(store, &main, create_table(&format!("t{n}"), &[])).await.unwrap();
    }
    let drop = |n| {
        let expect = Expect::Location(format!("t{n}/0.json"));
        request(vec![Operation::Delete { key: table_key(&format!("t{n}")), expect, purge: false }], vec![])
    };
    commit(store, &main, drop(0)).await.unwrap();
    let fork = store.create_branch(main.warehouse_id, "dev", &View::head(&main), now()).await.unwrap();
    commit(store, &fork, drop(1)).await.unwrap();
    commit(store, &fork, create_table("t10", &[])).await.unwrap();
    (main, fork)
}

/// Each key in each of three views.
fn questions(main: &Branch, fork: &Branch) -> Vec<(View, Key)> {
    let mut keys: Vec<Key> = (0..12).map(|n| table_key(&format!("t{n}"))).collect();
    keys.extend([ns("a").key().unwrap(), ns("b").key().unwrap()]);
    let views = [View::head(main), View::at(main, 5), View::head(fork)];
    views.into_iter().flat_map(|view| keys.clone().into_iter().map(move |key| (view.clone(), key))).collect()
}

/// Nobody's look is answered until it is let go.
async fn hold(options: &Options) -> PgConnection {
    let mut session = session(options).await;
    session.execute("BEGIN; LOCK TABLE versions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    session
}

/// Asks them all at once; returns when nothing more happens.
async fn ask(store: &Arc<PostgresStore>, questions: &[(View, Key)]) -> Vec<JoinHandle<Answer>> {
    let ask = |(view, key): &(View, Key)| {
        let (store, view, key) = (Arc::clone(store), view.clone(), key.clone());
        tokio::spawn(async move { store.look(&view, &key).await })
    };
    let asked = questions.iter().map(ask).collect();
    sleep(Duration::from_millis(300)).await;
    asked
}

async fn connections(session: &mut PgConnection, options: &Options, sql: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(&options.application_name).fetch_one(session).await.unwrap()
}

#[tokio::test]
async fn looks_that_wait_are_answered_by_one_statement_each_with_its_own() {
    let options = Options { application_name: "looks-together".into(), ..options("looks-together").await };
    let store = Arc::new(PostgresStore::connect(&options).unwrap());
    let (main, fork) = tree(&store).await;
    let questions = questions(&main, &fork);
    let mut expected = Vec::new();
    for (view, key) in &questions {
        expected.push(store.look(view, key).await.unwrap());
    }
    let there = expected.iter().flatten().count();
    assert_eq!(there, (9 + 1) + (4 + 1) + (9 + 1), "{expected:?}");
    let mut held = hold(&options).await;
    let asked = ask(&store, &questions).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'";
    assert_eq!(connections(&mut held, &options, waiting).await, 2);
    held.execute("COMMIT").await.unwrap();
    for (answer, expected) in join_all(asked).await.into_iter().zip(expected) {
        assert_eq!(answer.unwrap().unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_sees_what_was_committed_before_it_was_asked_for() {
    let store = Arc::new(PostgresStore::connect(&options("looks-order").await).unwrap());
    let branch = lake(&store).await;
    commit(&store, &branch, create_namespace("a")).await.unwrap();
    let made = commit(&store, &branch, create_table("t", &[])).await.unwrap();
    let (answered, last) = (Arc::new(AtomicI64::new(made.seq)), made.seq + 200);
    let readers: Vec<_> = (0..16)
        .map(|_| {
            let (store, branch, answered) = (Arc::clone(&store), branch.clone(), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut looks = 0;
                loop {
                    let before = answered.load(Ordering::SeqCst);
                    let seen = look(&store, &branch, &table_key("t")).await.unwrap().version.seq;
                    assert!(seen >= before, "saw {seen} after {before}");
                    looks += 1;
                    if before == last {
                        return looks;
                    }
                }
            })
        })
        .collect();
    while answered.load(Ordering::SeqCst) < last {
        let entry = look(&store, &branch, &table_key("t")).await.unwrap();
        let next = commit_table("t", &entry, &format!("t/{}.json", entry.version.seq));
        answered.store(commit(&store, &branch, next).await.unwrap().seq, Ordering::SeqCst);
    }
    let looks: i32 = join_all(readers).await.into_iter().map(Result::unwrap).sum();
    assert!(looks > 1_000, "only {looks} looks");
}

#[tokio::test]
async fn callers_that_go_away_leave_the_others_served() {
    let options = options("looks-gone").await;
    let store = Arc::new(PostgresStore::connect(&options).unwrap());
    let (main, fork) = tree(&store).await;
    let questions = questions(&main, &fork);
    let mut held = hold(&options).await;
    let mut asked = ask(&store, &questions).await;
    // Those whose statements are under way, and every other one that waits.
    for (n, task) in asked.iter().enumerate().filter(|(n, _)| *n < 2 || n % 2 == 0) {
        task.abort();
        assert!(!task.is_finished(), "look {n} was answered while the table was locked");
    }
    sleep(Duration::from_millis(100)).await;
    held.execute("COMMIT").await.unwrap();
    let staying = asked.drain(..).enumerate().filter(|(n, _)| *n >= 2 && n % 2 == 1).map(|(_, task)| task);
    let answers = timeout(Duration::from_secs(10), join_all(staying)).await.expect("nobody is forgotten");
    assert!(answers.into_iter().all(|answer| answer.unwrap().is_ok()));
    assert!(look(&store, &main, &table_key("t5")).await.is_some());
}

#[tokio::test]
async fn one_bad_look_does_not_fail_its_group() {
    let options = options("looks-bad").await;
    let store = Arc::new(PostgresStore::connect(&options).unwrap());
    let (main, fork) = tree(&store).await;
    let mut questions = questions(&main, &fork);
    let bad = Key { name: "\0".into(), ..table_key("t5") };
    questions.push((View::head(&main), bad));
    let mut held = hold(&options).await;
    let mut asked = ask(&store, &questions).await;
    held.execute("COMMIT").await.unwrap();
    let bad = asked.pop().unwrap().await.unwrap();
    assert!(matches!(bad, Err(StoreError::Backend(_))), "{bad:?}");
    assert!(join_all(asked).await.into_iter().all(|answer| answer.unwrap().is_ok()));
}

#[tokio::test]
async fn a_group_whose_connection_is_lost_is_unavailable_and_the_next_one_is_served() {
    let options = Options { application_name: "looks-lost".into(), ..options("looks-lost").await };
    let store = Arc::new(PostgresStore::connect(&options).unwrap());
    let (main, fork) = tree(&store).await;
    let questions = questions(&main, &fork);
    // Beside the transaction, which would see all sessions as they were when it first looked.
    let mut watch = session(&options).await;
    let mut held = hold(&options).await;
    let first = ask(&store, &questions).await;
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = $1 AND wait_event_type = 'Lock'";
    // Those that went alone, and then the groups of those who waited for them.
    assert_eq!(connections(&mut watch, &options, end).await, 2);
    sleep(Duration::from_millis(300)).await;
    assert!(connections(&mut watch, &options, end).await > 0);
    sleep(Duration::from_millis(300)).await;
    let unavailable = |answer: &Answer| matches!(answer, Err(StoreError::Unavailable(_)));
    assert!(join_all(first).await.into_iter().all(|answer| unavailable(&answer.unwrap())));
    let second = ask(&store, &questions).await;
    held.execute("COMMIT").await.unwrap();
    assert!(join_all(second).await.into_iter().all(|answer| answer.unwrap().is_ok()));
    let nowhere = Key::relation(NamespacePath::new(["b"]).unwrap(), "t").unwrap();
    assert_eq!(look(&store, &main, &nowhere).await, None);
}

#[tokio::test]
async fn looks_that_get_no_answer_are_unavailable_in_time() {
    let limits = Limits { statement: Duration::from_millis(500), ..Limits::default() };
    let options = Options { limits, ..options("looks-silent").await };
    let store = Arc::new(PostgresStore::connect(&options).unwrap());
    let (main, fork) = tree(&store).await;
    let mut held = hold(&options).await;
    let start = Instant::now();
    let asked = ask(&store, &questions(&main, &fork)).await;
    for answer in join_all(asked).await {
        let answer = answer.unwrap();
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(3), "waited for {:?}", start.elapsed());
    held.execute("COMMIT").await.unwrap();
    assert!(look(&store, &main, &table_key("t5")).await.is_some());
}
