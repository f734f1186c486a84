//! Retention: what nothing shows any more goes, and nothing else.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use futures::join;
use uuid::Uuid;

use super::Subject;
use super::chance::rounds;
use super::things::{
    at, commit, create_ns, delete, location, look, main_branch, ns, put, put_at, request, table_key, update,
};
use crate::merge::{self, Modes};
use crate::retention::{self, Tally};
use crate::{
    Asked, Branch, CatalogStore, Commit, Content, Expect, Ids, Kind, Operation, Origin, PaginationParams, StoreError,
    Sweep, View, Window,
};

const LEASE: Duration = Duration::from_secs(60);
/// The states before the newest two commits.
pub(super) const TWO: Window = Window { age: Duration::ZERO, commits: 2 };

pub(super) fn content(id: Uuid, metadata_location: &str) -> Content {
    Content::Table { id, metadata_location: metadata_location.to_owned() }
}

/// One sweep; what it deleted.
pub(super) async fn sweep(subject: &Subject, branch: &Branch, window: &Window) -> Tally {
    let store = subject.store.as_ref();
    let sweep = store.take_sweep(branch.warehouse_id, LEASE).await.unwrap().unwrap();
    work(store, &sweep, window).await
}

async fn work(store: &dyn CatalogStore, sweep: &Sweep, window: &Window) -> Tally {
    let all = Mutex::new(Tally::default());
    let add = |part: &Tally| {
        let mut all = all.lock().unwrap();
        all.versions += part.versions;
        all.names += part.names;
        all.locations += part.locations;
    };
    // Batches of two, so that there are many.
    let done = retention::sweep(store, sweep, window, at(20), 2, &add).await.unwrap();
    assert!(store.end_sweep(sweep, Some(&done), Duration::ZERO).await.unwrap());
    all.into_inner().unwrap()
}

/// A table `a.t` whose metadata files are `m0` … `m9`: commits 2 … 11.
async fn table(subject: &Subject, branch: &Branch) -> (Uuid, Vec<Commit>) {
    let id = Ids.random();
    let mut commits = vec![commit(subject, branch, create_ns("a")).await];
    let first = put_at(table_key("a", "t"), Expect::Absent, content(id, "m0"), &["s3://b/t/"]);
    commits.push(commit(subject, branch, request(vec![first])).await);
    for n in 1..10 {
        let next = update(&table_key("a", "t"), id, &format!("m{}", n - 1), &format!("m{n}"));
        commits.push(commit(subject, branch, next).await);
    }
    (id, commits)
}

/// The metadata files of all versions that are left.
pub(super) async fn files(subject: &Subject, id: Uuid) -> Vec<String> {
    subject.replica.metadata_files(id, "", 100).await.unwrap()
}

async fn is_there(subject: &Subject, branch: &Branch, commit: &Commit) -> bool {
    subject.store.resolve(branch.warehouse_id, &Asked::Commit(commit.id)).await.unwrap().is_some()
}

/// What the table is in what a name stands for.
async fn named(subject: &Subject, branch: &Branch, name: &str) -> Content {
    let found = subject.store.resolve(branch.warehouse_id, &Asked::Name(name.into())).await.unwrap().unwrap();
    subject.store.look(&found.view, &table_key("a", "t")).await.unwrap().unwrap().content
}

/// One sweep that puts out of reach, and one that deletes.
pub(super) async fn twice(subject: &Subject, branch: &Branch) {
    sweep(subject, branch, &TWO).await;
    sweep(subject, branch, &TWO).await;
}

fn dropping(name: &str, metadata: &str) -> Operation {
    delete(table_key("a", name), location(metadata))
}

pub async fn the_first_sweep_raises_the_floors_and_the_next_one_deletes(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, commits) = table(subject, &main).await;
    assert!(is_there(subject, &main, &commits[2]).await);
    assert_eq!(sweep(subject, &main, &TWO).await, Tally::default());
    assert_eq!(files(subject, id).await.len(), 10);
    let there: Vec<bool> =
        [is_there(subject, &main, &commits[7]).await, is_there(subject, &main, &commits[8]).await].to_vec();
    assert_eq!(there, [false, true], "a state before the floor is refused although its versions are there");
    assert_eq!(sweep(subject, &main, &TWO).await.versions, 7);
    assert_eq!(files(subject, id).await, ["m7", "m8", "m9"]);
    assert_eq!(sweep(subject, &main, &TWO).await, Tally::default());
    assert!(look(subject, &main, &table_key("a", "t")).await.is_some());
    let past = subject.store.look(&View::at(&main, 9), &table_key("a", "t")).await.unwrap().unwrap();
    assert_eq!(past.content, content(id, "m7"));
}

pub async fn what_a_tag_or_a_fork_shows_stays_until_they_go(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, commits) = table(subject, &main).await;
    let (store, warehouse) = (&subject.store, main.warehouse_id);
    store.create_tag(warehouse, "v1", &View::at(&main, 3), at(11)).await.unwrap();
    let dev = store.create_branch(warehouse, "dev", &View::at(&main, 5), at(11)).await.unwrap();
    let child = store.create_branch(warehouse, "child", &View::head(&dev), at(11)).await.unwrap();
    sweep(subject, &main, &TWO).await;
    // The window of a fork reaches back into its ancestor.
    let spared = ["m1", "m1", "m2", "m3", "m7", "m8", "m9"].into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sweep(subject, &main, &TWO).await.versions, 10 - spared.len() as u64);
    assert_eq!(files(subject, id).await, spared.into_iter().collect::<Vec<_>>());
    for (name, file) in [("v1", "m1"), ("dev", "m3"), ("child", "m3"), ("main", "m9")] {
        assert_eq!(named(subject, &main, name).await, content(id, file), "{name}");
    }
    assert!(is_there(subject, &main, &commits[2]).await, "a tag's commit");
    store.delete_branch(&dev, at(12)).await.unwrap();
    store.delete_tag(warehouse, "v1", at(12)).await.unwrap();
    twice(subject, &main).await;
    assert_eq!(files(subject, id).await, ["m1", "m2", "m3", "m7", "m8", "m9"], "dev's child still shows what dev did");
    store.delete_branch(&child, at(12)).await.unwrap();
    twice(subject, &main).await;
    assert_eq!(files(subject, id).await, ["m7", "m8", "m9"]);
}

pub async fn nothing_begins_before_the_floor(subject: &Subject) {
    let main = main_branch(subject).await;
    let (_, commits) = table(subject, &main).await;
    let store = &subject.store;
    store.create_tag(main.warehouse_id, "v1", &View::at(&main, 3), at(11)).await.unwrap();
    sweep(subject, &main, &TWO).await;
    let words = |error: StoreError| match error {
        StoreError::NotFound(words) => words,
        other => panic!("{other:?}"),
    };
    let fork = store.create_branch(main.warehouse_id, "b", &View::at(&main, 8), at(12)).await.unwrap_err();
    assert!(words(fork).contains("nothing before commit 9"));
    let tag = store.create_tag(main.warehouse_id, "t", &View::at(&main, 8), at(12)).await.unwrap_err();
    assert!(words(tag).contains("nothing before commit 9"));
    for there in [3, 9, 11] {
        store.create_branch(main.warehouse_id, &format!("b{there}"), &View::at(&main, there), at(12)).await.unwrap();
    }
    let (warehouse, modes) = (main.warehouse_id, Modes::default());
    for old in [&commits[4], &commits[8]] {
        let page = PaginationParams::default();
        let shown = merge::show(store.as_ref(), warehouse, old.id, &page).await.unwrap_err();
        assert!(words(shown).contains("older than what retention keeps"));
        let picked = merge::cherry_pick(store.as_ref(), warehouse, old.id, &View::head(&main), &modes).await;
        assert!(words(picked.unwrap_err()).contains("older than what retention keeps"));
    }
    merge::show(store.as_ref(), warehouse, commits[9].id, &PaginationParams::default()).await.unwrap();
}

pub async fn a_floor_never_goes_down_and_without_policy_there_is_none(subject: &Subject) {
    let main = main_branch(subject).await;
    let (_, commits) = table(subject, &main).await;
    let floor = async || subject.replica.floors(&[main.id]).await.unwrap()[0].seq;
    assert_eq!(floor().await, 0);
    sweep(subject, &main, &TWO).await;
    assert_eq!(floor().await, 9);
    sweep(subject, &main, &Window { commits: 5, ..TWO }).await;
    assert_eq!(floor().await, 9);
    assert!(!is_there(subject, &main, &commits[7]).await);
    // All commits are of second 10: older than nine seconds, and not than eleven.
    sweep(subject, &main, &Window { age: Duration::from_secs(11), commits: 0 }).await;
    assert_eq!(floor().await, 9);
    sweep(subject, &main, &Window { age: Duration::from_secs(9), commits: 0 }).await;
    assert_eq!(floor().await, 11);
}

pub async fn of_what_was_dropped_nothing_stays_behind(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, _) = table(subject, &main).await;
    commit(subject, &main, request(vec![dropping("t", "m9")])).await;
    let dropped = async || {
        let page = subject.store.list_dropped(&main, None, &PaginationParams::default()).await.unwrap();
        page.items.into_iter().map(|dropped| dropped.key.name).collect::<Vec<_>>()
    };
    sweep(subject, &main, &TWO).await;
    assert_eq!(dropped().await, ["t"]);
    for n in 0..3 {
        let other = put(table_key("a", &format!("o{n}")), Expect::Absent, content(Ids.random(), "x"));
        commit(subject, &main, request(vec![other])).await;
    }
    sweep(subject, &main, &TWO).await;
    assert_eq!(dropped().await, [""; 0], "it can no longer be put back");
    let last = sweep(subject, &main, &TWO).await;
    assert_eq!(files(subject, id).await, [""; 0]);
    // What the first sweep had in sight: m8, m9 and that it was dropped; and its name.
    assert_eq!((last.versions, last.names), (3, 1));
    let names = subject.store.list(&View::head(&main), &ns("a"), Kind::Table, &PaginationParams::default()).await;
    assert_eq!(names.unwrap().items.len(), 3);
    let again = put(table_key("a", "t"), Expect::Absent, content(Ids.random(), "n0"));
    commit(subject, &main, request(vec![again])).await;
    commit(subject, &main, request(vec![dropping("t", "n0")])).await;
    assert_eq!(dropped().await, ["t"]);
}

pub async fn what_hides_an_ancestors_table_stays(subject: &Subject) {
    let main = main_branch(subject).await;
    table(subject, &main).await;
    let dev = subject.store.create_branch(main.warehouse_id, "dev", &View::head(&main), at(11)).await.unwrap();
    commit(subject, &dev, request(vec![dropping("t", "m9")])).await;
    for n in 0..4 {
        let other = put(table_key("a", &format!("o{n}")), Expect::Absent, content(Ids.random(), "x"));
        commit(subject, &dev, request(vec![other])).await;
    }
    for _ in 0..3 {
        sweep(subject, &main, &TWO).await;
    }
    assert_eq!(look(subject, &dev, &table_key("a", "t")).await, None);
    let names = subject.store.list(&View::head(&dev), &ns("a"), Kind::Table, &PaginationParams::default()).await;
    assert_eq!(names.unwrap().items.len(), 4);
}

pub async fn locations_go_with_the_last_version(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, _) = table(subject, &main).await;
    let (store, warehouse) = (&subject.store, main.warehouse_id);
    store.create_tag(warehouse, "v1", &View::head(&main), at(11)).await.unwrap();
    commit(subject, &main, request(vec![dropping("t", "m9")])).await;
    for n in 0..3 {
        let other = put(table_key("a", &format!("o{n}")), Expect::Absent, content(Ids.random(), "x"));
        commit(subject, &main, request(vec![other])).await;
    }
    twice(subject, &main).await;
    assert_eq!(files(subject, id).await, ["m9"]);
    assert_eq!(store.held_locations(id).await.unwrap(), ["s3://b/t/"]);
    store.delete_tag(warehouse, "v1", at(12)).await.unwrap();
    sweep(subject, &main, &TWO).await;
    assert_eq!(sweep(subject, &main, &TWO).await.locations, 1);
    assert_eq!(store.held_locations(id).await.unwrap(), [""; 0]);
    let claim = put_at(table_key("a", "u"), Expect::Absent, content(Ids.random(), "n"), &["s3://b/t/"]);
    commit(subject, &main, request(vec![claim])).await;
}

pub async fn what_a_purge_needs_stays_until_it_has_ended(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, _) = table(subject, &main).await;
    let purge = Operation::Delete { key: table_key("a", "t"), expect: location("m9"), purge: true };
    commit(subject, &main, request(vec![purge])).await;
    for n in 0..3 {
        let other = put(table_key("a", &format!("o{n}")), Expect::Absent, content(Ids.random(), "x"));
        commit(subject, &main, request(vec![other])).await;
    }
    for _ in 0..3 {
        assert_eq!(sweep(subject, &main, &TWO).await, Tally::default());
    }
    assert_eq!(files(subject, id).await.len(), 10);
    let purge = subject.store.take_purge(LEASE).await.unwrap().unwrap();
    assert!(subject.store.begin_purge(&purge, &TWO, at(20)).await.unwrap());
    assert!(subject.store.end_purge(&purge).await.unwrap());
    sweep(subject, &main, &TWO).await;
    assert_eq!(files(subject, id).await, [""; 0]);
}

pub async fn of_a_deleted_branch_nothing_stays_that_nobody_shows(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, _) = table(subject, &main).await;
    let (store, warehouse) = (&subject.store, main.warehouse_id);
    let dev = store.create_branch(warehouse, "dev", &View::head(&main), at(11)).await.unwrap();
    for n in 0..6 {
        let from = if n == 0 { "m9".to_owned() } else { format!("d{}", n - 1) };
        commit(subject, &dev, update(&table_key("a", "t"), id, &from, &format!("d{n}"))).await;
    }
    let child = store.create_branch(warehouse, "child", &View::at(&dev, 3), at(11)).await.unwrap();
    store.delete_branch(&dev, at(12)).await.unwrap();
    twice(subject, &main).await;
    assert_eq!(files(subject, id).await, ["d0", "d1", "d2", "m7", "m8", "m9"], "and the window of dev's child");
    let entry = look(subject, &child, &table_key("a", "t")).await.unwrap();
    assert_eq!(entry.content, content(id, "d2"));
    store.delete_branch(&child, at(13)).await.unwrap();
    twice(subject, &main).await;
    assert_eq!(files(subject, id).await, ["m7", "m8", "m9"]);
}

pub async fn the_next_merge_still_finds_where_the_last_one_ended(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, _) = table(subject, &main).await;
    let (store, warehouse, key) = (&subject.store, main.warehouse_id, table_key("a", "t"));
    let dev = store.create_branch(warehouse, "dev", &View::head(&main), at(11)).await.unwrap();
    commit(subject, &dev, update(&key, id, "m9", "d0")).await;
    merge_into(subject, &dev, &main).await;
    // Both sides go on, far beyond the window; main changes other things only.
    for n in 1..6 {
        commit(subject, &dev, update(&key, id, &format!("d{}", n - 1), &format!("d{n}"))).await;
        let other = put(table_key("a", &format!("o{n}")), Expect::Absent, content(Ids.random(), "x"));
        commit(subject, &main, request(vec![other])).await;
    }
    for _ in 0..3 {
        sweep(subject, &main, &TWO).await;
    }
    merge_into(subject, &dev, &main).await;
    assert_eq!(look(subject, &main, &key).await.unwrap().content, content(id, "d5"));
}

/// A merge that must succeed.
async fn merge_into(subject: &Subject, source: &Branch, target: &Branch) {
    let (from, into) = (View::head(source), View::head(target));
    let merged = merge::merge(subject.store.as_ref(), &from, &into, &Modes::default()).await.unwrap();
    assert_eq!(merged.outcome.clashes, []);
    let mut request = request(merged.outcome.operations);
    request.origin = Some(merged.origin);
    assert!(matches!(request.origin, Some(Origin::Merge { .. })));
    commit(subject, target, request).await;
}

pub async fn a_sweep_is_in_one_hand_until_its_lease_ends(subject: &Subject) {
    let main = main_branch(subject).await;
    let short = Duration::from_millis(300);
    let one = subject.store.take_sweep(main.warehouse_id, LEASE).await.unwrap().unwrap();
    assert_eq!(subject.replica.take_sweep(main.warehouse_id, LEASE).await.unwrap(), None);
    assert!(subject.store.keep_sweep(&one, short).await.unwrap());
    tokio::time::sleep(short * 2).await;
    let other = subject.replica.take_sweep(main.warehouse_id, LEASE).await.unwrap().unwrap();
    assert!(other.late > Duration::ZERO);
    assert!(!subject.store.keep_sweep(&one, short).await.unwrap());
    assert!(!subject.store.end_sweep(&one, None, Duration::ZERO).await.unwrap());
    assert!(subject.replica.end_sweep(&other, None, Duration::from_secs(3600)).await.unwrap());
    assert_eq!(subject.store.take_sweep(main.warehouse_id, LEASE).await.unwrap(), None);
}

pub async fn a_fork_in_the_past_made_while_a_sweep_runs_is_whole_or_refused(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, _) = table(subject, &main).await;
    let (mut head, mut made, mut refused) = (11, 0, 0);
    let (last, key) = (Window { age: Duration::ZERO, commits: 1 }, table_key("a", "t"));
    for round in 0..rounds(40) {
        // What the next sweep takes is what it was the last time that the floor was raised.
        let next = update(&key, id, &format!("m{}", head - 2), &format!("m{}", head - 1));
        head = commit(subject, &main, next).await.seq;
        let past = View::at(&main, head - 2);
        let store = subject.store.as_ref();
        let task = store.take_sweep(main.warehouse_id, LEASE).await.unwrap().unwrap();
        let name = format!("r{round}");
        let fork = async {
            tokio::time::sleep(Duration::from_micros(u64::try_from(round).unwrap() % 20 * 100)).await;
            subject.replica.create_branch(main.warehouse_id, &name, &past, at(11)).await
        };
        let (fork, _) = join!(fork, work(store, &task, &last));
        sweep(subject, &main, &last).await;
        match fork {
            Ok(branch) => {
                let expected = content(id, &format!("m{}", head - 4));
                let found = look(subject, &branch, &key).await.map(|entry| entry.content);
                assert_eq!(found, Some(expected), "round {round}");
                made += 1;
                if round % 3 == 0 {
                    subject.store.delete_branch(&branch, at(12)).await.unwrap();
                }
            }
            Err(StoreError::NotFound(_)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    println!("{made} forks were made, {refused} were refused");
}
