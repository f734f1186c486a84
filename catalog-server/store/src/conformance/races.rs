//! Several writers at once, in one process and in two.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::{join, join_all};

use super::Subject;
use super::chance::{Chance, rounds};
use super::commits::log;
use super::things::{
    at, commit, conflict, conflict_of, create_ns, create_table, delete, drop_ns, location, look, main_branch, ns_key,
    put, request, table, table_key, update,
};
use crate::{
    Branch, Commit, CommitError, CommitStore, Entry, Expect, Found, GroupCommit, GroupLimits, SystemClock, Turns, View,
};

/// In READ COMMITTED this fails for a statement that both waits for the lock and reads.
pub async fn a_table_never_ends_up_in_a_dropped_namespace(subject: &Subject) {
    let branch = main_branch(subject).await;
    let mut chance = Chance::new();
    let (mut dropped, mut created) = (0, 0);
    for n in 0..rounds(60) {
        let name = format!("a{n}");
        commit(subject, &branch, create_ns(&name)).await;
        let found = look(subject, &branch, &ns_key(&name)).await.unwrap();
        let first = subject.store.commit(&branch, vec![drop_ns(&name, &found)], at(1));
        let second = subject.replica.commit(&branch, vec![create_table(&name, "t", "m")], at(1));
        let (mut drop, mut create) = if chance.percent(50) {
            join(first, second).await
        } else {
            let (second, first) = join(second, first).await;
            (first, second)
        };
        let (drop, create) = (drop.remove(0), create.remove(0));
        assert_ne!(drop.is_ok(), create.is_ok(), "round {n}: {drop:?}, {create:?}");
        dropped += usize::from(drop.is_ok());
        created += usize::from(create.is_ok());
        let namespace = look(subject, &branch, &ns_key(&name)).await;
        let table = look(subject, &branch, &table_key(&name, "t")).await;
        assert_eq!((namespace.is_none(), table.is_some()), (drop.is_ok(), create.is_ok()), "round {n}");
    }
    println!("dropped {dropped}, created {created}");
}

pub async fn of_sixteen_writers_one_wins_each_location(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    commit(subject, &branch, create_table("a", "t", "m")).await;
    let writers = (0..16).map(|writer| {
        let store = Arc::clone(subject.either(writer));
        let branch = branch.clone();
        tokio::spawn(async move { write(&*store, &branch, writer).await })
    });
    let won: Vec<(String, Commit)> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    let mut winners = HashMap::new();
    for (from, commit) in &won {
        let other = winners.insert(from, commit.id);
        assert_eq!(other, None, "two commits replaced {from}");
    }
    assert_eq!(log(subject, &branch).await.len(), won.len() + 2);
}

/// Reads the pointer and tries to move it, again and again; what it replaced when it won.
async fn write(store: &dyn crate::CatalogStore, branch: &Branch, writer: usize) -> Vec<(String, Commit)> {
    let key = table_key("a", "t");
    let mut won = Vec::new();
    for n in 0..rounds(6) {
        let Entry { content, .. } = store.look(&View::head(branch), &key).await.unwrap().unwrap();
        let from = content.metadata_location().unwrap().to_owned();
        let request = update(&key, content.id(), &from, &format!("m{writer}-{n}"));
        match store.commit(branch, vec![request], at(1)).await.remove(0) {
            Ok(commit) => won.push((from, commit)),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    won
}

/// Two names for one table would share its files: a purge of one would take them from the other.
pub async fn of_two_who_bring_a_table_back_under_two_names_one_wins(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let content = table("m");
    let put_as = |name: &str| put(table_key("a", name), Expect::Absent, content.clone());
    commit(subject, &main, request(vec![put_as("t")])).await;
    let dev = subject.store.create_branch(main.warehouse_id, "dev", &View::head(&main), at(2)).await.unwrap();
    let mut live = "t".to_owned();
    for n in 0..rounds(20) {
        commit(subject, &main, request(vec![delete(table_key("a", &live), location("m"))])).await;
        let names = [format!("l{n}"), format!("r{n}")];
        let left = subject.store.commit(&main, vec![request(vec![put_as(&names[0])])], at(1));
        let right = subject.replica.commit(&main, vec![request(vec![put_as(&names[1])])], at(1));
        let (left, right) = join(left, right).await;
        let results = [left, right].map(|mut results| results.remove(0));
        let won = results.iter().position(Result::is_ok).expect("one wins");
        live.clone_from(&names[won]);
        let [first, second] = results;
        let lost = if won == 0 { second } else { first };
        let expected = (table_key("a", &names[1 - won]), Found::Elsewhere(table_key("a", &live)));
        assert_eq!(conflict_of(lost), expected, "round {n}");
    }
    // The branch has it under a name that it has inherited, and goes on to another one.
    let inherited = Found::Elsewhere(table_key("a", "t"));
    assert_eq!(conflict(subject, &dev, request(vec![put_as("u")])).await, (table_key("a", "u"), inherited));
    let leave = |name: &str| delete(table_key("a", name), location("m"));
    commit(subject, &dev, request(vec![leave("t"), put_as("u")])).await;
    let renamed = Found::Elsewhere(table_key("a", "u"));
    assert_eq!(conflict(subject, &dev, request(vec![put_as("t")])).await, (table_key("a", "t"), renamed));
    commit(subject, &dev, request(vec![leave("u")])).await;
    commit(subject, &dev, request(vec![put_as("t")])).await;
}

pub async fn two_replicas_make_one_chain(subject: &Subject) {
    let branch = main_branch(subject).await;
    let writers = (0..8).map(|writer| {
        let commits = group_commit(Arc::clone(subject.either(writer)) as _);
        let branch = branch.clone();
        tokio::spawn(async move {
            for n in 0..rounds(8) {
                commits.commit(&branch, create_ns(&format!("a{writer}-{n}"))).await.unwrap();
            }
        })
    });
    join_all(writers).await.into_iter().for_each(Result::unwrap);
    let log = log(subject, &branch).await;
    assert_eq!(log.len(), 8 * rounds(8));
    for pair in log.windows(2) {
        let [child, parent] = pair else { continue };
        assert_eq!((child.seq, child.parent_id), (parent.seq + 1, Some(parent.id)));
        assert!(child.committed_at >= parent.committed_at);
    }
}

pub async fn sixteen_writers_through_group_commit_all_win(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    commit(subject, &branch, create_table("a", "t", "m")).await;
    let commits = group_commit(Arc::clone(&subject.store) as _);
    let turns = Turns::<()>::default();
    let writers = (0..16).map(|writer| {
        let (commits, turns, store) = (commits.clone(), turns.clone(), Arc::clone(&subject.store));
        let branch = branch.clone();
        tokio::spawn(async move {
            let key = table_key("a", "t");
            for n in 0..rounds(4) {
                let _turn = turns.wait(branch.id, &key).await.unwrap();
                let content = store.look(&View::head(&branch), &key).await.unwrap().unwrap().content;
                let from = content.metadata_location().unwrap();
                let request = update(&key, content.id(), from, &format!("m{writer}-{n}"));
                commits.commit(&branch, request).await.unwrap();
            }
        })
    });
    join_all(writers).await.into_iter().for_each(Result::unwrap);
    commits.drain().await;
    assert_eq!(log(subject, &branch).await.len(), 16 * rounds(4) + 2);
}

fn group_commit(store: Arc<dyn CommitStore>) -> GroupCommit {
    GroupCommit::new(store, Arc::new(SystemClock), GroupLimits::default())
}
