//! The feed of what caches must forget.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{join, join_all, try_join_all};
use tokio::time::timeout;

use super::Subject;
use super::chance::rounds;
use super::things::{all_changes, at, commit, create_ns, create_table, new_token, put_warehouse, warehouse};
use crate::{CatalogStore, Change, Feed, PutWarehouse, Topic};

pub async fn each_mutation_is_told_and_nothing_else(subject: &Subject) {
    assert_eq!(all_changes(subject).await, []);
    let store = &subject.store;
    store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    store.put_warehouse(PutWarehouse { revision: "r2".into(), ..put_warehouse("lake") }, at(0)).await.unwrap();
    store.put_token(new_token("etl", 1), at(0)).await.unwrap();
    store.put_token(new_token("etl", 2), at(0)).await.unwrap();
    store.confirm_token("etl", 1, at(5), at(1)).await.unwrap();
    store.detach_warehouse("lake", "owner of lake", at(0)).await.unwrap();
    store.revoke_tokens("etl", at(1)).await.unwrap();
    // Refused, and nothing to do.
    store.put_warehouse(PutWarehouse { location: "s3://x/".into(), ..put_warehouse("lake") }, at(0)).await.unwrap_err();
    store.revoke_tokens("etl", at(1)).await.unwrap();
    store.delete_expired_tokens(at(0), 10).await.unwrap();

    let mut told = all_changes(subject).await;
    told[6..].sort_by(|a, b| a.key.cmp(&b.key));
    let ids: Vec<i64> = all_changes(subject).await.into_iter().map(|change| change.id).collect();
    assert_eq!(ids, (1..=8).collect::<Vec<_>>());
    let told: Vec<_> = told.iter().map(|Change { id: _, topic, key }| (*topic, key.as_str())).collect();
    let (warehouse, token) = (Topic::Warehouse, Topic::Token);
    let expected = [
        (warehouse, "lake"),
        (warehouse, "lake"),
        (token, "etl-1"),
        (token, "etl-2"),
        (token, "etl-1"),
        (warehouse, "lake"),
        (token, "etl-1"),
        (token, "etl-2"),
    ];
    assert_eq!(told, expected);
    let Feed { newest, changes: some } = subject.replica.changes(2, 3).await.unwrap();
    assert_eq!(newest, 8);
    assert_eq!(some.iter().map(|change| change.id).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(subject.store.changes(8, 3).await.unwrap(), Feed { newest: 8, changes: vec![] });
}

pub async fn a_commit_is_not_told(subject: &Subject) {
    let (_, branch) = warehouse(subject, "lake").await;
    let before = all_changes(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    commit(subject, &branch, create_table("a", "t", "m")).await;
    assert_eq!(all_changes(subject).await, before);
}

pub async fn what_is_told_wakes_each_follower(subject: &Subject) {
    let mut followers = try_join_all((0..2).map(|_| subject.store.listen())).await.unwrap();
    for n in 0..3 {
        let told = async { subject.store.put_token(new_token("etl", n), at(0)).await.unwrap() };
        let wakes = followers.iter_mut().map(|wakes| wakes.wake());
        let (woken, _) = join(timeout(Duration::from_secs(10), try_join_all(wakes)), told).await;
        woken.expect("a change wakes").unwrap();
    }
}

/// The number of the newest change stays, so that a follower notices what it missed.
pub async fn old_changes_are_deleted_and_the_feed_goes_on(subject: &Subject) {
    for n in 0..5 {
        subject.store.put_token(new_token("etl", n), at(n)).await.unwrap();
    }
    assert_eq!(subject.store.delete_old_changes(at(3), 2).await.unwrap(), 2);
    assert_eq!(subject.replica.delete_old_changes(at(3), 2).await.unwrap(), 1);
    assert_eq!(subject.store.delete_old_changes(at(3), 2).await.unwrap(), 0);
    let Feed { newest, changes } = subject.store.changes(0, 10).await.unwrap();
    assert_eq!((newest, changes.iter().map(|change| change.id).collect::<Vec<_>>()), (5, vec![4, 5]));
    subject.store.delete_old_changes(at(9), 10).await.unwrap();
    assert_eq!(subject.store.changes(3, 10).await.unwrap(), Feed { newest: 5, changes: vec![] });
    subject.store.put_token(new_token("etl", 5), at(9)).await.unwrap();
    assert_eq!(subject.store.changes(5, 10).await.unwrap().changes[0].id, 6);
}

pub async fn a_follower_misses_nothing_while_many_write(subject: &Subject) {
    let (writers, each) = (8, rounds(12));
    let running = Arc::new(AtomicUsize::new(writers));
    let tasks = (0..writers).map(|writer| {
        let store = Arc::clone(subject.either(writer));
        let running = Arc::clone(&running);
        tokio::spawn(async move {
            for n in 0..each {
                mutate(&*store, writer, n).await;
            }
            running.fetch_sub(1, Ordering::SeqCst);
        })
    });
    let write = async { join_all(tasks).await.into_iter().for_each(Result::unwrap) };
    let follow = async {
        let mut last = 0;
        loop {
            let ended = running.load(Ordering::SeqCst) == 0;
            for change in subject.replica.changes(last, 7).await.unwrap().changes {
                assert_eq!(change.id, last + 1, "a change came late or never");
                last = change.id;
            }
            if ended && subject.replica.changes(last, 1).await.unwrap().newest == last {
                return last;
            }
            tokio::task::yield_now().await;
        }
    };
    let ((), last) = join(write, follow).await;
    assert_eq!(last, i64::try_from(writers * each).unwrap());
}

/// One change of any sort.
async fn mutate(store: &dyn CatalogStore, writer: usize, n: usize) {
    let (name, owner) = (format!("w{writer}-{}", n / 3), format!("o{writer}-{}", n / 3));
    match n % 3 {
        0 => drop(store.put_warehouse(put_warehouse(&name), at(0)).await.unwrap()),
        1 => drop(store.put_token(new_token(&owner, 1), at(0)).await.unwrap()),
        _ => assert_eq!(store.revoke_tokens(&owner, at(1)).await.unwrap(), 1),
    }
}
