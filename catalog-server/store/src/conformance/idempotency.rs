//! Marks of requests that may come again.

use jiff::Timestamp;
use uuid::Uuid;

use super::Subject;
use super::things::{at, commit_all, create_ns, look, main_branch, ns_key, warehouse};
use crate::{CommitError, CommitRequest, Ids, Mark};

fn mark(key: Uuid) -> Mark {
    let (principal, detail) = ("token:team/etl".to_owned(), Some("a detail".to_owned()));
    Mark { principal, key, fingerprint: [7; 32], status: 200, detail, expires_at: at(1_000) }
}

fn marked(name: &str, mark: &Mark) -> CommitRequest {
    CommitRequest { idempotency: Some(mark.clone()), ..create_ns(name) }
}

async fn recall(subject: &Subject, warehouse_id: i64, mark: &Mark, now: Timestamp) -> Option<Mark> {
    subject.replica.recall(warehouse_id, &mark.principal, mark.key, now).await.unwrap()
}

fn is_repeated(result: &Result<crate::Commit, CommitError>, mark: &Mark) -> bool {
    matches!(result, Err(CommitError::Repeated(earlier)) if **earlier == *mark)
}

/// Written with the commit, and with it alone.
pub async fn a_mark_is_there_exactly_if_its_commit_is(subject: &Subject) {
    let branch = main_branch(subject).await;
    let (won, lost) = (mark(Ids.ordered()), mark(Ids.ordered()));
    let requests = vec![marked("a", &won), marked("a", &lost)];
    let results = commit_all(subject, &branch, requests).await;
    assert!(results[0].is_ok() && matches!(results[1], Err(CommitError::Conflict { .. })), "{results:?}");
    assert_eq!(recall(subject, branch.warehouse_id, &won, at(11)).await, Some(won));
    assert_eq!(recall(subject, branch.warehouse_id, &lost, at(11)).await, None);
}

/// Alone, in a group with other requests, and in the group of the first.
pub async fn a_request_that_comes_again_is_not_applied(subject: &Subject) {
    let branch = main_branch(subject).await;
    let mark = mark(Ids.ordered());
    let results = commit_all(subject, &branch, vec![marked("a", &mark), marked("b", &mark), create_ns("c")]).await;
    assert!(results[0].is_ok() && is_repeated(&results[1], &mark) && results[2].is_ok(), "{results:?}");
    let results = commit_all(subject, &branch, vec![marked("d", &mark)]).await;
    assert!(is_repeated(&results[0], &mark), "{results:?}");
    for (name, there) in [("a", true), ("b", false), ("c", true), ("d", false)] {
        assert_eq!(look(subject, &branch, &ns_key(name)).await.is_some(), there, "{name}");
    }
}

/// Neither is known by the other's keys.
pub async fn principals_and_warehouses_do_not_share_keys(subject: &Subject) {
    let branch = main_branch(subject).await;
    let (_, other_branch) = warehouse(subject, "pond").await;
    let first = mark(Ids.ordered());
    let foreign = Mark { principal: "token:team/other".to_owned(), ..first.clone() };
    for (branch, mark, name) in [(&branch, &first, "a"), (&branch, &foreign, "b"), (&other_branch, &first, "c")] {
        let results = commit_all(subject, branch, vec![marked(name, mark)]).await;
        assert!(results[0].is_ok(), "{name}: {results:?}");
    }
    assert_eq!(recall(subject, branch.warehouse_id, &foreign, at(11)).await, Some(foreign));
}

/// Exactly then.
pub async fn an_expired_mark_is_as_none_and_can_be_written_again(subject: &Subject) {
    let branch = main_branch(subject).await;
    let first = mark(Ids.ordered());
    commit_all(subject, &branch, vec![marked("a", &first)]).await.remove(0).unwrap();
    assert!(recall(subject, branch.warehouse_id, &first, at(999)).await.is_some());
    assert_eq!(recall(subject, branch.warehouse_id, &first, at(1_000)).await, None);
    let second = Mark { fingerprint: [8; 32], expires_at: at(2_000), ..first };
    let result = subject.store.commit(&branch, vec![marked("b", &second)], at(1_000)).await.remove(0);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(recall(subject, branch.warehouse_id, &second, at(1_001)).await, Some(second));
}

/// For answers without a commit: what is there first stays.
pub async fn a_mark_without_a_commit_is_written_once(subject: &Subject) {
    let branch = main_branch(subject).await;
    let first = Mark { status: 409, ..mark(Ids.ordered()) };
    subject.store.remember(branch.warehouse_id, first.clone(), at(10)).await.unwrap();
    let second = Mark { status: 404, detail: None, ..first.clone() };
    subject.store.remember(branch.warehouse_id, second, at(10)).await.unwrap();
    assert_eq!(recall(subject, branch.warehouse_id, &first, at(11)).await, Some(first.clone()));
    let results = commit_all(subject, &branch, vec![marked("a", &first)]).await;
    assert!(is_repeated(&results[0], &first), "{results:?}");
}

/// From two replicas, a hundred times the same.
pub async fn of_equal_requests_at_once_one_is_applied(subject: &Subject) {
    let branch = main_branch(subject).await;
    let mark = mark(Ids.ordered());
    let tasks = (0..20).map(|n| {
        let (store, branch, request) = (subject.either(n).clone(), branch.clone(), marked(&format!("n{n}"), &mark));
        tokio::spawn(async move { store.commit(&branch, vec![request], at(10)).await.remove(0) })
    });
    let results: Vec<_> = futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(results.iter().filter(|result| is_repeated(result, &mark)).count(), 19, "{results:?}");
}

/// Those that have ended, and no others.
pub async fn expired_marks_are_deleted_in_batches(subject: &Subject) {
    let branch = main_branch(subject).await;
    let marks: Vec<_> = (0..5).map(|n| Mark { expires_at: at(100 + n), ..mark(Ids.ordered()) }).collect();
    for mark in &marks {
        subject.store.remember(branch.warehouse_id, mark.clone(), at(10)).await.unwrap();
    }
    assert_eq!(subject.store.delete_expired_marks(at(103), 3).await.unwrap(), 3);
    assert_eq!(subject.store.delete_expired_marks(at(103), 3).await.unwrap(), 1);
    assert_eq!(subject.store.delete_expired_marks(at(103), 3).await.unwrap(), 0);
    assert_eq!(recall(subject, branch.warehouse_id, &marks[4], at(50)).await, Some(marks[4].clone()));
    assert_eq!(recall(subject, branch.warehouse_id, &marks[0], at(50)).await, None);
}
