//! The one way in which the tree changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::{join, join_all};
use uuid::Uuid;

use super::Subject;
use super::chance::{Chance, rounds};
use super::pages::{check, walk};
use super::things::{
    at, commit, commit_all, conflict, conflict_of, create_ns, create_table, delete, drop_ns, location, look,
    main_branch, namespace, ns, ns_key, put, request, requiring, table, table_key, update,
};
use super::tree::names;
use crate::{
    Branch, Clock, Commit, CommitRequest, CommitStore, Expect, Found, GroupCommit, GroupLimits, Ids, Kind, LogFilter,
    NamespacePath, Operation, PaginationParams, Precondition, SystemClock, Version, View,
};

pub async fn each_request_has_its_answer_in_order(subject: &Subject) {
    let branch = main_branch(subject).await;
    let created = create_ns("a");
    let version = Version { branch_id: branch.id, seq: 1 };
    let drop = || {
        let operation = delete(ns_key("a"), Expect::Version(version));
        requiring(vec![operation], vec![Precondition::Empty(ns("a"))])
    };
    let create = create_table("a", "t", "m0");
    let Operation::Put { content, .. } = &create.operations[0] else { return };
    let (key, id) = (table_key("a", "t"), content.id());
    let group = vec![
        created,
        create.clone(),
        update(&key, id, "m0", "m1"),
        update(&key, id, "m0", "m2"),
        drop(),
        request(vec![delete(key.clone(), location("m1"))]),
        drop(),
        create_table("a", "u", "m9"),
    ];
    let ids: Vec<Uuid> = group.iter().map(|request| request.id).collect();
    let results = commit_all(subject, &branch, group).await;
    let answers: Vec<Option<Uuid>> = results.iter().map(|r| r.as_ref().ok().map(|commit| commit.id)).collect();
    let won = [true, true, true, false, false, true, true, false];
    let expected: Vec<_> = ids.into_iter().zip(won).map(|(id, won)| won.then_some(id)).collect();
    assert_eq!(answers, expected);
    assert_eq!(look(subject, &branch, &key).await, None);
    assert_eq!(look(subject, &branch, &ns_key("a")).await, None);
    assert_eq!(log(subject, &branch).await.len(), 5);
}

pub async fn a_commit_that_was_applied_is_known_by_its_id(subject: &Subject) {
    let branch = main_branch(subject).await;
    let applied = commit(subject, &branch, create_ns("a")).await.id;
    let loser = create_ns("a");
    let asked = [applied, loser.id, Ids.ordered()];
    conflict(subject, &branch, loser).await;
    assert_eq!(subject.store.applied_commits(&asked).await.unwrap(), [applied].into());
    assert!(subject.store.applied_commits(&[]).await.unwrap().is_empty());
}

pub async fn commits_form_a_chain_that_the_log_tells_backwards(subject: &Subject) {
    let branch = main_branch(subject).await;
    let mut chain = vec![commit(subject, &branch, create_ns("a")).await];
    for group in [1, 4, 2] {
        let requests = (0..group).map(|n| create_table("a", &format!("t{group}-{n}"), "m")).collect();
        chain.extend(commit_all(subject, &branch, requests).await.into_iter().map(Result::unwrap));
    }
    for (n, commit) in chain.iter().enumerate() {
        let Commit { id: _, seq, branch_id, parent_id, author, message, committed_at: _, origin } = commit;
        assert_eq!((*seq, *branch_id), (i64::try_from(n).unwrap() + 1, branch.id));
        assert_eq!(*origin, None);
        assert_eq!(*parent_id, n.checked_sub(1).map(|before| chain[before].id));
        assert_eq!((author.as_str(), message.as_str()), ("token:team/etl", "a test's commit"));
    }
    chain.reverse();
    check(&chain, &[1, 2, 3, 7, 8, 9], async |page| {
        subject.replica.log(&View::head(&branch), &LogFilter::default(), &page).await
    })
    .await;
    let past = View::at(&branch, 3);
    check(&chain[5..], &[1, 2, 3, 4], async |page| subject.store.log(&past, &LogFilter::default(), &page).await).await;
}

pub async fn time_never_goes_back(subject: &Subject) {
    let branch = main_branch(subject).await;
    let mut chance = Chance::new();
    let mut newest = at(0);
    for n in 0..12 {
        let now = at(i64::try_from(chance.below(100)).unwrap());
        let store = subject.either(chance.below(2));
        let requests = vec![create_ns(&format!("a{n}")), create_ns(&format!("b{n}"))];
        for result in store.commit(&branch, requests, now).await {
            newest = newest.max(now);
            assert_eq!(result.unwrap().committed_at, newest);
        }
    }
}

pub async fn losers_do_not_hinder_winners_and_leave_no_trace(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let loser = requiring(
        vec![put(table_key("a", "lost"), Expect::Absent, table("m")), delete(table_key("a", "never"), location("m"))],
        vec![],
    );
    let results = commit_all(
        subject,
        &branch,
        vec![create_table("a", "t", "m"), loser, create_table("nowhere", "t", "m"), create_table("a", "u", "m")],
    )
    .await;
    let won: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(won, [true, false, false, true]);
    assert_eq!(names(subject, &View::head(&branch), &ns("a"), Kind::Table).await, ["t", "u"]);
    assert_eq!(look(subject, &branch, &table_key("a", "lost")).await, None);
}

pub async fn a_group_without_a_winner_writes_nothing(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let before = log(subject, &branch).await;
    conflict(subject, &branch, create_ns("a")).await;
    conflict(subject, &branch, create_table("b", "t", "m")).await;
    assert_eq!(log(subject, &branch).await, before);
    assert_eq!(names(subject, &View::head(&branch), &NamespacePath::root(), Kind::Namespace).await, ["a"]);
}

pub async fn a_conflict_says_what_is_there(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    commit(subject, &branch, create_table("a", "t", "m1")).await;
    let (table_key, ns_key) = (table_key("a", "t"), ns_key("a"));
    let table = look(subject, &branch, &table_key).await.unwrap();
    let namespace = look(subject, &branch, &ns_key).await.unwrap();
    let stale = update(&table_key, table.content.id(), "m0", "m2");
    assert_eq!(conflict(subject, &branch, stale).await, (table_key.clone(), Found::Entry(table)));
    assert_eq!(conflict(subject, &branch, create_ns("a")).await, (ns_key.clone(), Found::Entry(namespace.clone())));
    assert_eq!(conflict(subject, &branch, drop_ns("a", &namespace)).await, (ns_key, Found::NotEmpty));
    let nowhere = create_table("b", "t", "m");
    assert_eq!(conflict(subject, &branch, nowhere).await, (super::things::ns_key("b"), Found::Absent));
}

pub async fn the_same_id_is_applied_only_once(subject: &Subject) {
    let branch = main_branch(subject).await;
    let first = create_ns("a");
    let again = CommitRequest { id: first.id, ..create_ns("b") };
    let done = commit(subject, &branch, first).await;
    let error = commit_all(subject, &branch, vec![again]).await.remove(0).unwrap_err();
    assert!(error.is_certain_loss(), "{error:?}");
    assert_eq!(log(subject, &branch).await, [done]);
    assert_eq!(look(subject, &branch, &ns_key("b")).await, None);
}

pub async fn one_bad_member_does_not_fail_its_group(subject: &Subject) {
    let branch = main_branch(subject).await;
    let first = create_ns("a");
    let bad = CommitRequest { id: first.id, ..create_ns("b") };
    commit(subject, &branch, first).await;
    let store: Arc<dyn CommitStore> = Arc::clone(&subject.store) as _;
    let commits = GroupCommit::new(store, Arc::new(SystemClock), GroupLimits::default());
    let requests = [create_ns("c"), bad, create_ns("d"), create_ns("e")];
    let results = join_all(requests.map(|request| commits.commit(&branch, request))).await;
    let won: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(won, [true, false, true, true], "{results:?}");
    assert_eq!(
        names(subject, &View::head(&branch), &NamespacePath::root(), Kind::Namespace).await,
        ["a", "c", "d", "e"]
    );
}

pub async fn a_branch_that_is_not_there_is_a_certain_loss(subject: &Subject) {
    let branch = main_branch(subject).await;
    let gone = Branch { id: branch.id + 1_000, ..branch.clone() };
    for result in commit_all(subject, &gone, vec![create_ns("a"), create_ns("b")]).await {
        assert!(result.unwrap_err().is_certain_loss());
    }
    assert_eq!(log(subject, &branch).await, []);
}

pub async fn an_empty_group_has_no_answers(subject: &Subject) {
    let branch = main_branch(subject).await;
    assert!(commit_all(subject, &branch, vec![]).await.is_empty());
    assert_eq!(log(subject, &branch).await, []);
}

pub async fn a_big_group_is_applied_whole(subject: &Subject) {
    let branch = main_branch(subject).await;
    let name = |n: usize| format!("t{n:03}");
    let mut group = vec![create_ns("a")];
    group.extend((0..200).map(|n| create_table("a", &name(n), "m")));
    let operations = (200..900).map(|n| put(table_key("a", &name(n)), Expect::Absent, table("m"))).collect();
    group.push(request(operations));
    let results = commit_all(subject, &branch, group).await;
    assert!(results.iter().all(Result::is_ok));
    let expected: Vec<String> = (0..900).map(name).collect();
    let listed = walk(1_000, async |page| subject.store.list(&View::head(&branch), &ns("a"), Kind::Table, &page).await);
    assert_eq!(listed.await.into_iter().map(|listed| listed.name).collect::<Vec<_>>(), expected);
}

pub async fn a_namespace_with_many_dropped_tables_is_empty(subject: &Subject) {
    let branch = main_branch(subject).await;
    let keys: Vec<_> = (0..50).map(|n| table_key("a", &format!("t{n}"))).collect();
    commit(subject, &branch, create_ns("a")).await;
    let namespace = look(subject, &branch, &ns_key("a")).await.unwrap();
    let puts = keys.iter().map(|key| put(key.clone(), Expect::Absent, table("m"))).collect();
    commit(subject, &branch, request(puts)).await;
    let (last, others) = keys.split_last().unwrap();
    let deletes = others.iter().map(|key| delete(key.clone(), location("m"))).collect();
    commit(subject, &branch, request(deletes)).await;
    let (key, found) = conflict(subject, &branch, drop_ns("a", &namespace)).await;
    assert_eq!((key, found), (ns_key("a"), Found::NotEmpty));
    // One of two tables goes in the same group, whichever is read first.
    for name in ["left", "right"] {
        let pair = ["left", "right"].map(|name| put(table_key("a", name), Expect::Absent, table("m"))).to_vec();
        commit(subject, &branch, request(pair)).await;
        commit(subject, &branch, request(vec![delete(last.clone(), location("m"))])).await;
        let drop_one = request(vec![delete(table_key("a", name), location("m"))]);
        let mut results = commit_all(subject, &branch, vec![drop_one, drop_ns("a", &namespace)]).await;
        assert_eq!(conflict_of(results.remove(1)).1, Found::NotEmpty);
        let other = if name == "left" { "right" } else { "left" };
        let restore = put(last.clone(), Expect::Absent, table("m"));
        commit(subject, &branch, request(vec![restore, delete(table_key("a", other), location("m"))])).await;
    }
    // The last table and the namespace go in one group.
    let drop_last = request(vec![delete(last.clone(), location("m"))]);
    let results = commit_all(subject, &branch, vec![drop_last, drop_ns("a", &namespace)]).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

pub async fn a_commit_is_seen_whole_or_not_at_all(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let view = View::head(&branch);
    let running = AtomicBool::new(true);
    let write = async {
        for n in 0..rounds(30) {
            let table = |i| put(table_key("a", &format!("t{n}-{i}")), Expect::Absent, table("m"));
            commit(subject, &branch, request((0..5).map(table).collect())).await;
        }
        running.store(false, Ordering::SeqCst);
    };
    let read = async {
        while running.load(Ordering::SeqCst) {
            // A page of a thousand: a multiple of five, too.
            let page = PaginationParams::first(1_000);
            let listed = subject.replica.list(&view, &ns("a"), Kind::Table, &page).await.unwrap().items.len();
            assert_eq!(listed % 5, 0, "{listed} tables are visible");
        }
    };
    join(write, read).await;
}

pub async fn a_caller_that_gives_up_tears_nothing(subject: &Subject) {
    let branch = main_branch(subject).await;
    let mut chance = Chance::new();
    let mut asked = Vec::new();
    for n in 0..rounds(40) {
        let names = ["x", "y", "z"].map(|prefix| ns_key(&format!("{prefix}{n}")));
        let operations = names.clone().map(|key| put(key, Expect::Absent, namespace(&[]))).to_vec();
        let request = request(operations);
        asked.push((request.id, names));
        let patience = Duration::from_micros(u64::try_from(chance.below(2_500)).unwrap());
        let commit = subject.store.commit(&branch, vec![request], SystemClock.now());
        let _ = tokio::time::timeout(patience, commit).await;
    }
    let last = commit(subject, &branch, create_ns("last")).await;
    let log = log(subject, &branch).await;
    assert_eq!(log[0], last);
    assert_eq!(log.len(), usize::try_from(last.seq).unwrap());
    for (id, keys) in asked {
        let applied = log.iter().any(|commit| commit.id == id);
        for key in keys {
            assert_eq!(look(subject, &branch, &key).await.is_some(), applied, "{key}");
        }
    }
}

/// The whole history of a branch, newest first.
pub(super) async fn log(subject: &Subject, branch: &Branch) -> Vec<Commit> {
    walk(1_000, async |page| subject.store.log(&View::head(branch), &LogFilter::default(), &page).await).await
}
