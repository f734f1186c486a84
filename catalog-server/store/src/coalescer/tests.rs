use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::future::join_all;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::*;
use crate::{Expect, Key, NamespacePath, Operation};

/// A store that waits for a permit before each group, then answers as its script says.
struct Scripted {
    gate: Semaphore,
    groups: Mutex<Vec<Vec<u128>>>,
    answer: fn(u128, usize) -> Result<(), CommitError>,
    panics: AtomicBool,
}

impl Scripted {
    fn new(answer: fn(u128, usize) -> Result<(), CommitError>) -> Arc<Self> {
        let panics = AtomicBool::new(false);
        Arc::new(Self { gate: Semaphore::new(0), groups: Mutex::default(), answer, panics })
    }

    fn open(&self) {
        self.gate.add_permits(1_000);
    }

    fn groups(&self) -> Vec<Vec<u128>> {
        self.groups.lock().unwrap().clone()
    }
}

#[async_trait]
impl CommitStore for Scripted {
    async fn commit(
        &self,
        branch: &Branch,
        requests: Vec<CommitRequest>,
        now: Timestamp,
    ) -> Vec<Result<Commit, CommitError>> {
        self.gate.acquire().await.unwrap().forget();
        let ids: Vec<u128> = requests.iter().map(|r| r.id.as_u128()).collect();
        let size = ids.len();
        self.groups.lock().unwrap().push(ids);
        assert!(!self.panics.load(Ordering::Relaxed), "as the script says");
        requests.into_iter().map(|r| (self.answer)(r.id.as_u128(), size).map(|()| commit(branch, r, now))).collect()
    }
}

fn commit(branch: &Branch, request: CommitRequest, now: Timestamp) -> Commit {
    let CommitRequest { id, author, message, origin, .. } = request;
    Commit { id, seq: 1, branch_id: branch.id, parent_id: None, author, message, committed_at: now, origin }
}

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

fn unavailable() -> CommitError {
    CommitError::Unavailable("away".into())
}

fn branch(id: i64) -> Branch {
    Branch { id, warehouse_id: 1, name: "main".into(), protected: false, lineage: vec![], upto: vec![] }
}

/// So many operations more.
fn large(n: u128, operations: usize) -> CommitRequest {
    let key = |n| Key::relation(NamespacePath::root(), format!("t{n}")).unwrap();
    let delete = |n| Operation::Delete { key: key(n), expect: Expect::Location("m".into()), purge: false };
    CommitRequest { operations: (0..operations).map(delete).collect(), ..request(n) }
}

fn request(n: u128) -> CommitRequest {
    let id = Uuid::from_u128(n);
    CommitRequest {
        id,
        author: String::new(),
        message: String::new(),
        operations: vec![],
        preconditions: vec![],
        idempotency: None,
        origin: None,
    }
}

fn group_commit(store: &Arc<Scripted>) -> GroupCommit {
    with_limits(store, GroupLimits { max_group: 4, max_waiting: 8, ..GroupLimits::default() })
}

fn with_limits(store: &Arc<Scripted>, limits: GroupLimits) -> GroupCommit {
    GroupCommit::new(Arc::clone(store) as Arc<dyn CommitStore>, Arc::new(Epoch), limits)
}

/// Sends requests in order; the first is taken as a group of its own, the others wait behind it.
async fn send(
    commits: &GroupCommit,
    ids: std::ops::Range<u128>,
) -> Vec<tokio::task::JoinHandle<Result<Commit, CommitError>>> {
    let mut tasks = Vec::new();
    for n in ids {
        let commits = commits.clone();
        tasks.push(tokio::spawn(async move { commits.commit(&branch(1), request(n)).await }));
        tokio::task::yield_now().await;
    }
    tasks
}

#[tokio::test]
async fn whatever_waits_is_one_group_up_to_the_limit() {
    let store = Scripted::new(|_, _| Ok(()));
    let commits = group_commit(&store);
    let tasks = send(&commits, 0..8).await;
    store.open();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().unwrap().id, Uuid::from_u128(n as u128));
    }
    assert_eq!(store.groups(), [vec![0], vec![1, 2, 3, 4], vec![5, 6, 7]]);
    commits.drain().await;
    assert!(commits.queues.is_empty(), "an idle branch has a queue");
}

#[tokio::test]
async fn a_group_has_a_bound_on_its_operations_and_what_exceeds_it_goes_alone() {
    let store = Scripted::new(|_, _| Ok(()));
    let commits = with_limits(&store, GroupLimits { max_operations: 10, ..GroupLimits::default() });
    let mut tasks = send(&commits, 0..1).await;
    for (n, operations) in [(1, 4), (2, 6), (3, 1), (4, 99), (5, 10)] {
        let commits = commits.clone();
        tasks.push(tokio::spawn(async move { commits.commit(&branch(1), large(n, operations)).await }));
        tokio::task::yield_now().await;
    }
    store.open();
    assert!(join_all(tasks).await.into_iter().all(|r| r.unwrap().is_ok()));
    assert_eq!(store.groups(), [vec![0], vec![1, 2], vec![3], vec![4], vec![5]]);
}

#[tokio::test]
async fn what_has_waited_for_too_long_is_sent_away_unapplied() {
    let store = Scripted::new(|_, _| Ok(()));
    let max_wait = Duration::from_millis(50);
    let commits = with_limits(&store, GroupLimits { max_wait, ..GroupLimits::default() });
    let tasks = send(&commits, 0..3).await;
    tokio::time::sleep(max_wait * 2).await;
    let late = send(&commits, 3..4).await;
    store.open();
    let results: Vec<_> = join_all(tasks.into_iter().chain(late)).await.into_iter().map(Result::unwrap).collect();
    assert!(results[0].is_ok() && results[3].is_ok(), "{results:?}");
    assert!(results[1..3].iter().all(|r| matches!(r, Err(CommitError::Unavailable(_)))), "{results:?}");
    assert_eq!(store.groups(), [vec![0], vec![3]]);
    commits.drain().await;
    assert!(commits.queues.is_empty());
}

#[tokio::test]
async fn one_too_many_is_sent_away_at_once() {
    let store = Scripted::new(|_, _| Ok(()));
    let commits = group_commit(&store);
    let tasks = send(&commits, 0..9).await;
    assert_eq!(commits.queues.waiting(1), 8);
    let refused = commits.commit(&branch(1), request(9)).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    store.open();
    assert!(join_all(tasks).await.into_iter().all(|r| r.unwrap().is_ok()));
}

#[tokio::test]
async fn another_branch_does_not_wait() {
    let store = Scripted::new(|_, _| Ok(()));
    let commits = group_commit(&store);
    let _first = send(&commits, 0..3).await;
    let other = tokio::spawn({
        let commits = commits.clone();
        async move { commits.commit(&branch(2), request(100)).await }
    });
    tokio::task::yield_now().await;
    store.gate.add_permits(2);
    other.await.unwrap().unwrap();
    assert_eq!(store.groups(), [vec![0], vec![100]]);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_its_commit_along() {
    let store = Scripted::new(|_, _| Ok(()));
    let commits = group_commit(&store);
    for task in send(&commits, 0..3).await {
        task.abort();
    }
    store.open();
    commits.drain().await;
    assert_eq!(store.groups(), [vec![0], vec![1, 2]]);
}

#[tokio::test]
async fn a_group_that_fails_as_a_whole_is_tried_again_one_by_one() {
    let store = Scripted::new(|n, size| match (n, size) {
        (_, 2..) => Err(unavailable()),
        (3, _) => Err(CommitError::Backend("it is to blame".into())),
        _ => Ok(()),
    });
    let commits = group_commit(&store);
    let tasks = send(&commits, 0..5).await;
    store.open();
    let won: Vec<bool> = join_all(tasks).await.into_iter().map(|r| r.unwrap().is_ok()).collect();
    assert_eq!(won, [true, true, true, false, true]);
    assert_eq!(store.groups(), [vec![0], vec![1, 2, 3, 4], vec![1], vec![2], vec![3], vec![4]]);
}

#[tokio::test]
async fn a_database_that_is_away_is_not_asked_once_for_each_member() {
    let store = Scripted::new(|_, _| Err(unavailable()));
    let commits = group_commit(&store);
    let tasks = send(&commits, 0..5).await;
    store.open();
    for result in join_all(tasks).await {
        assert!(matches!(result.unwrap(), Err(CommitError::Unavailable(_))));
    }
    assert_eq!(store.groups(), [vec![0], vec![1, 2, 3, 4], vec![1], vec![2]]);
}

#[tokio::test]
async fn an_unknown_outcome_is_never_tried_again() {
    let store = Scripted::new(|n, _| match n {
        2 => Err(CommitError::OutcomeUnknown("cut".into())),
        _ => Err(unavailable()),
    });
    let commits = group_commit(&store);
    let tasks = send(&commits, 0..4).await;
    store.open();
    let results: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert!(matches!(results[2], Err(CommitError::OutcomeUnknown(_))));
    assert_eq!(store.groups(), [vec![0], vec![1, 2, 3]]);
}

#[tokio::test]
async fn after_a_panic_in_the_store_the_branch_goes_on_and_nobody_waits_for_ever() {
    let store = Scripted::new(|_, _| Ok(()));
    let commits = group_commit(&store);
    let tasks = send(&commits, 0..3).await;
    store.panics.store(true, Ordering::Relaxed);
    store.open();
    let results: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert!(matches!(results[0], Err(CommitError::OutcomeUnknown(_))), "it was with the store");
    assert!(results[1..].iter().all(|r| matches!(r, Err(CommitError::Unavailable(_)))), "they were not");
    store.panics.store(false, Ordering::Relaxed);
    commits.commit(&branch(1), request(9)).await.unwrap();
    commits.drain().await;
    assert!(commits.queues.is_empty());
}
