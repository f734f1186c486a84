//! What can still be seen, and the purge of what cannot.

use std::time::Duration;

use futures::join;
use uuid::Uuid;

use super::Subject;
use super::chance::rounds;
use super::things::{
    at, commit, commit_all, conflict, create_ns, delete, location, main_branch, put, put_at, request, table_key, update,
};
use crate::{
    Branch, CommitError, CommitRequest, Content, Expect, Found, Ids, Operation, Origin, Precondition, Purge, Reach,
    View, Window,
};

const LEASE: Duration = Duration::from_secs(60);
const NOW: Window = Window { age: Duration::ZERO, commits: 0 };

fn content(id: Uuid, metadata_location: &str) -> Content {
    Content::Table { id, metadata_location: metadata_location.to_owned() }
}

/// A table `a.t` whose metadata file is `m0` and then `m1`.
async fn table(subject: &Subject, branch: &Branch) -> Uuid {
    let id = Ids.random();
    commit(subject, branch, create_ns("a")).await;
    let held = ["s3://b/t/"];
    commit(subject, branch, request(vec![put_at(table_key("a", "t"), Expect::Absent, content(id, "m0"), &held)])).await;
    commit(subject, branch, update(&table_key("a", "t"), id, "m0", "m1")).await;
    id
}

fn purging(key: &str, metadata: &str) -> Operation {
    Operation::Delete { key: table_key("a", key), expect: location(metadata), purge: true }
}

/// Who sees which metadata file of a content, in words and in order.
async fn seen(subject: &Subject, branch: &Branch, id: Uuid, window: &Window, now: i64) -> Vec<(String, String)> {
    let ranges = subject.store.shown(branch.warehouse_id, window, at(now)).await.unwrap();
    let found = subject.replica.seen(id, &ranges).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|s| (s.viewer.to_string(), s.metadata_location)).collect();
    found.sort();
    found
}

fn words<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(viewer, file)| (viewer.to_owned(), file.to_owned())).to_vec()
}

/// Takes a purge that cannot begin, and gives it back.
async fn waits(subject: &Subject, window: &Window) {
    let purge = take(subject).await;
    assert!(!begin(subject, &purge, window).await);
    give_back(subject, &purge).await;
}

async fn begin(subject: &Subject, purge: &Purge, window: &Window) -> bool {
    subject.store.begin_purge(purge, window, at(20)).await.unwrap()
}

async fn give_back(subject: &Subject, purge: &Purge) {
    subject.store.put_off_purge(purge, Duration::ZERO).await.unwrap();
}

async fn take(subject: &Subject) -> Purge {
    subject.store.take_purge(LEASE).await.unwrap().unwrap()
}

pub async fn a_head_shows_the_newest_version_alone(subject: &Subject) {
    let branch = main_branch(subject).await;
    let id = table(subject, &branch).await;
    assert_eq!(seen(subject, &branch, id, &NOW, 20).await, words([("branch main", "m1")]));
    // Under another name it is still the same content; under its old name there is another one.
    let rename =
        vec![delete(table_key("a", "t"), location("m1")), put(table_key("a", "r"), Expect::Absent, content(id, "m1"))];
    commit(subject, &branch, request(rename)).await;
    let other = Ids.random();
    commit(subject, &branch, request(vec![put(table_key("a", "t"), Expect::Absent, content(other, "n0"))])).await;
    assert_eq!(seen(subject, &branch, id, &NOW, 20).await, words([("branch main", "m1")]));
    assert_eq!(seen(subject, &branch, other, &NOW, 20).await, words([("branch main", "n0")]));
    commit(subject, &branch, request(vec![delete(table_key("a", "r"), location("m1"))])).await;
    assert_eq!(seen(subject, &branch, id, &NOW, 20).await, []);
    assert_eq!(seen(subject, &branch, other, &NOW, 20).await, words([("branch main", "n0")]));
    assert_eq!(subject.store.seen(other, &[]).await.unwrap(), []);
}

pub async fn a_window_shows_what_was_there_within_it(subject: &Subject) {
    let branch = main_branch(subject).await;
    let id = table(subject, &branch).await;
    commit(subject, &branch, request(vec![delete(table_key("a", "t"), location("m1"))])).await;
    let commits = |commits| Window { commits, ..Window::default() };
    assert_eq!(seen(subject, &branch, id, &commits(0), 20).await, []);
    assert_eq!(seen(subject, &branch, id, &commits(1), 20).await, words([("branch main", "m1")]));
    let both = words([("branch main", "m0"), ("branch main", "m1")]);
    assert_eq!(seen(subject, &branch, id, &commits(2), 20).await, both);
    assert_eq!(seen(subject, &branch, id, &commits(1_000), 20).await, both);
    // All commits of these sentences are of second 10.
    let seconds = |seconds| Window { age: Duration::from_secs(seconds), commits: 0 };
    assert_eq!(seen(subject, &branch, id, &seconds(9), 20).await, []);
    assert_eq!(seen(subject, &branch, id, &seconds(10), 20).await, []);
    assert_eq!(seen(subject, &branch, id, &seconds(11), 20).await, both);
    assert_eq!(seen(subject, &branch, id, &seconds(u64::MAX), 20).await, both);
}

pub async fn a_tag_and_a_fork_show_what_was_there(subject: &Subject) {
    let main = main_branch(subject).await;
    let id = table(subject, &main).await;
    let head = View::head(&main);
    subject.store.create_tag(main.warehouse_id, "v1", &View::at(&main, 2), at(11)).await.unwrap();
    let dev = subject.store.create_branch(main.warehouse_id, "dev", &head, at(11)).await.unwrap();
    let child = subject.store.create_branch(main.warehouse_id, "child", &View::head(&dev), at(11)).await.unwrap();
    commit(subject, &main, update(&table_key("a", "t"), id, "m1", "m2")).await;
    let all = [("branch child", "m1"), ("branch dev", "m1"), ("branch main", "m2"), ("tag v1", "m0")];
    assert_eq!(seen(subject, &main, id, &NOW, 20).await, words(all));
    commit(subject, &main, request(vec![purging("t", "m2")])).await;
    waits(subject, &NOW).await;
    subject.store.delete_branch(&dev, at(21)).await.unwrap();
    // What the deleted branch was forked from is what its child still shows.
    assert_eq!(seen(subject, &main, id, &NOW, 30).await, words([("branch child", "m1"), ("tag v1", "m0")]));
    waits(subject, &NOW).await;
    subject.store.delete_branch(&child, at(22)).await.unwrap();
    assert_eq!(seen(subject, &main, id, &NOW, 30).await, words([("tag v1", "m0")]));
    waits(subject, &NOW).await;
    subject.store.delete_tag(main.warehouse_id, "v1", at(23)).await.unwrap();
    let purge = take(subject).await;
    assert!(begin(subject, &purge, &NOW).await);
}

pub async fn a_content_that_goes_on_on_two_branches_ends_twice(subject: &Subject) {
    let main = main_branch(subject).await;
    let id = table(subject, &main).await;
    let dev = subject.store.create_branch(main.warehouse_id, "dev", &View::head(&main), at(11)).await.unwrap();
    commit(subject, &main, update(&table_key("a", "t"), id, "m1", "m2")).await;
    commit(subject, &dev, update(&table_key("a", "t"), id, "m1", "d1")).await;
    let found = seen(subject, &main, id, &NOW, 20).await;
    assert_eq!(found, words([("branch dev", "d1"), ("branch dev", "m1"), ("branch main", "m2")]));
    let reach = subject.store.reach(id).await.unwrap().unwrap();
    assert_eq!((reach.first.as_str(), reach.last), ("m0", vec!["d1".to_owned(), "m2".to_owned()]));
}

pub async fn a_fork_or_tag_made_while_a_purge_begins_is_not_overlooked(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    for round in 0..rounds(20) {
        let id = Ids.random();
        commit(subject, &main, request(vec![put(table_key("a", "t"), Expect::Absent, content(id, "m0"))])).await;
        let (head, name) = (View::head(&main), format!("r{round}"));
        let begin = async {
            commit(subject, &main, request(vec![purging("t", "m0")])).await;
            let purge = take(subject).await;
            let begun = subject.store.begin_purge(&purge, &NOW, at(20)).await.unwrap();
            (purge, begun)
        };
        let name_it = async {
            if round % 2 == 0 {
                drop(subject.replica.create_branch(main.warehouse_id, &name, &head, at(11)).await.unwrap());
            } else {
                drop(subject.replica.create_tag(main.warehouse_id, &name, &head, at(11)).await.unwrap());
            }
        };
        let ((purge, begun), ()) = join!(begin, name_it);
        let shown = seen(subject, &main, id, &NOW, 20).await;
        assert_eq!(begun, shown.is_empty(), "round {round}: {shown:?}");
        subject.store.put_off_purge(&purge, Duration::from_secs(3600)).await.unwrap();
    }
}

pub async fn a_fork_or_tag_made_while_a_commit_looks_at_others_is_not_overlooked(subject: &Subject) {
    let main = main_branch(subject).await;
    let id = table(subject, &main).await;
    let key = table_key("a", "t");
    let (mut applied, mut refused) = (0, 0);
    for round in 0..rounds(30) {
        let (old, new, name) = (format!("o{round}"), format!("n{round}"), format!("r{round}"));
        let before = subject.store.look(&View::head(&main), &key).await.unwrap().unwrap();
        let before = before.content.metadata_location().unwrap().to_owned();
        commit(subject, &main, update(&key, id, &before, &old)).await;
        // Whoever made the request has looked at all states that others show, but not at this one.
        let files = seen(subject, &main, id, &NOW, 20).await.into_iter().map(|(_, file)| file);
        let files = files.filter(|file| *file != old).collect();
        let look = Precondition::ShownAs { key: key.clone(), content: id, files };
        let removing = CommitRequest { preconditions: vec![look], ..update(&key, id, &old, &new) };
        let head = View::head(&main);
        let name_it = async {
            if round % 2 == 0 {
                drop(subject.replica.create_branch(main.warehouse_id, &name, &head, at(11)).await.unwrap());
            } else {
                drop(subject.replica.create_tag(main.warehouse_id, &name, &head, at(11)).await.unwrap());
            }
        };
        let (results, ()) = join!(commit_all(subject, &main, vec![removing]), name_it);
        let shown = seen(subject, &main, id, &NOW, 20).await;
        let overlooked = shown.iter().any(|(viewer, file)| *file == old && viewer.ends_with(&name));
        match &results[0] {
            Ok(_) => applied += 1,
            Err(CommitError::Conflict { found: Found::ShownAs { metadata_location }, .. }) => {
                assert_eq!(*metadata_location, old);
                refused += 1;
            }
            Err(error) => panic!("round {round}: {error:?}"),
        }
        assert_eq!(results[0].is_ok(), !overlooked, "round {round}: {shown:?}");
    }
    assert_eq!(applied + refused, rounds(30));
}

pub async fn a_drop_with_a_purge_leaves_one_to_be_taken(subject: &Subject) {
    let branch = main_branch(subject).await;
    let id = table(subject, &branch).await;
    assert_eq!(subject.store.take_purge(LEASE).await.unwrap(), None);
    assert!(!subject.store.has_purge(id).await.unwrap());
    commit(subject, &branch, request(vec![purging("t", "m1")])).await;
    assert!(subject.store.has_purge(id).await.unwrap());
    assert_eq!(subject.store.count_purges().await.unwrap(), 1);
    let Purge { id: _, warehouse_id, content_id, metadata_location, begun, lease: _ } = take(subject).await;
    assert_eq!((warehouse_id, content_id, metadata_location.as_str(), begun), (branch.warehouse_id, id, "m1", false));
}

pub async fn a_purge_is_in_one_hand_until_its_lease_ends(subject: &Subject) {
    let branch = main_branch(subject).await;
    table(subject, &branch).await;
    commit(subject, &branch, request(vec![purging("t", "m1")])).await;
    let short = Duration::from_millis(300);
    let purge = subject.store.take_purge(short).await.unwrap().unwrap();
    assert_eq!(subject.replica.take_purge(LEASE).await.unwrap(), None);
    assert!(subject.store.keep_purge(&purge, short).await.unwrap());
    tokio::time::sleep(short * 2).await;
    let other = subject.replica.take_purge(LEASE).await.unwrap().unwrap();
    assert!(is_lost(subject, &purge).await);
    assert_eq!(subject.store.take_purge(LEASE).await.unwrap(), None);
    assert!(subject.replica.end_purge(&other).await.unwrap());
    assert_eq!(subject.store.count_purges().await.unwrap(), 0);
}

/// True if nothing can be done to it, and nothing is.
async fn is_lost(subject: &Subject, purge: &Purge) -> bool {
    give_back(subject, purge).await;
    let kept = subject.store.keep_purge(purge, LEASE).await.unwrap();
    let ended = subject.store.end_purge(purge).await.unwrap();
    !kept && !ended && !begin(subject, purge, &NOW).await
}

pub async fn a_purge_waits_for_what_the_window_shows(subject: &Subject) {
    let branch = main_branch(subject).await;
    table(subject, &branch).await;
    commit(subject, &branch, request(vec![purging("t", "m1")])).await;
    waits(subject, &Window { commits: 1, ..NOW }).await;
    let purge = take(subject).await;
    assert!(begin(subject, &purge, &NOW).await);
}

pub async fn what_comes_back_takes_its_purge_back(subject: &Subject) {
    let branch = main_branch(subject).await;
    let id = table(subject, &branch).await;
    let key = table_key("a", "t");
    let silent = || request(vec![put(key.clone(), Expect::Absent, content(id, "m1"))]);
    let claiming = || {
        let put = put_at(key.clone(), Expect::Absent, content(id, "m1"), &["s3://b/t/"]);
        let origin = Some(Origin::Commit(Ids.ordered()));
        CommitRequest { origin, ..request(vec![put]) }
    };
    for back in [silent(), claiming()] {
        let dropped = commit(subject, &branch, request(vec![purging("t", "m1")])).await;
        let purge = take(subject).await;
        commit(subject, &branch, back).await;
        assert!(!begin(subject, &purge, &NOW).await, "a purge that was taken back begins");
        assert_eq!(subject.store.count_purges().await.unwrap(), 0);
        // What is dropped afterwards without a purge keeps its files.
        let gone = commit(subject, &branch, request(vec![delete(key.clone(), location("m1"))])).await;
        assert!(gone.seq > dropped.seq);
        assert_eq!(subject.store.take_purge(LEASE).await.unwrap(), None);
        commit(subject, &branch, claiming()).await;
    }
    let group = vec![request(vec![purging("t", "m1")]), silent(), request(vec![purging("t", "m1")])];
    let results = subject.store.commit(&branch, group, at(11)).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(subject.store.count_purges().await.unwrap(), 1);
}

pub async fn what_is_purged_does_not_come_back_and_holds_its_locations_to_the_end(subject: &Subject) {
    let branch = main_branch(subject).await;
    let id = table(subject, &branch).await;
    commit(subject, &branch, request(vec![purging("t", "m1")])).await;
    let purge = take(subject).await;
    assert!(begin(subject, &purge, &NOW).await);
    let back = request(vec![put(table_key("a", "t"), Expect::Absent, content(id, "m1"))]);
    assert_eq!(conflict(subject, &branch, back).await, (table_key("a", "t"), Found::Purged));
    let claim =
        || request(vec![put_at(table_key("a", "u"), Expect::Absent, content(Ids.random(), "n"), &["s3://b/t/x/"])]);
    let taken = Found::LocationTaken { location: "s3://b/t/x/".into(), holder: id };
    assert_eq!(conflict(subject, &branch, claim()).await, (table_key("a", "u"), taken));
    give_back(subject, &purge).await;
    let purge = take(subject).await;
    assert!(purge.begun);
    assert_eq!(subject.store.held_locations(id).await.unwrap(), ["s3://b/t/"]);
    assert!(subject.store.end_purge(&purge).await.unwrap());
    commit(subject, &branch, claim()).await;
    never_comes_back(subject, &branch, id).await;
}

/// Nor when all is over, whether it claims locations or not.
async fn never_comes_back(subject: &Subject, branch: &Branch, id: Uuid) {
    assert_eq!((subject.store.count_purges().await.unwrap(), subject.store.has_purge(id).await.unwrap()), (0, false));
    assert_eq!(subject.store.take_purge(LEASE).await.unwrap(), None);
    let elsewhere = put_at(table_key("a", "t"), Expect::Absent, content(id, "m1"), &["s3://b/w/"]);
    for operation in [put(table_key("a", "t"), Expect::Absent, content(id, "m1")), elsewhere] {
        let back = CommitRequest { origin: Some(Origin::Commit(Ids.ordered())), ..request(vec![operation]) };
        assert_eq!(conflict(subject, branch, back).await, (table_key("a", "t"), Found::Purged));
    }
}

pub async fn a_put_off_purge_lets_the_next_one_pass(subject: &Subject) {
    let branch = main_branch(subject).await;
    table(subject, &branch).await;
    commit(subject, &branch, request(vec![purging("t", "m1")])).await;
    let first = take(subject).await;
    subject.store.put_off_purge(&first, Duration::from_secs(3600)).await.unwrap();
    commit(subject, &branch, request(vec![put(table_key("a", "u"), Expect::Absent, content(Ids.random(), "n"))])).await;
    commit(subject, &branch, request(vec![purging("u", "n")])).await;
    let next = take(subject).await;
    assert_eq!(next.metadata_location, "n");
    assert_eq!(subject.store.take_purge(LEASE).await.unwrap(), None);
}

pub async fn a_contents_first_last_and_all_metadata_files_are_told(subject: &Subject) {
    let branch = main_branch(subject).await;
    let id = table(subject, &branch).await;
    commit(subject, &branch, update(&table_key("a", "t"), id, "m1", "m00")).await;
    assert_eq!(subject.store.reach(id).await.unwrap(), Some(Reach { first: "m0".into(), last: vec!["m00".into()] }));
    assert_eq!(subject.store.reach(Ids.random()).await.unwrap(), None);
    assert_eq!(subject.store.metadata_files(id, "", 2).await.unwrap(), ["m0", "m00"]);
    assert_eq!(subject.store.metadata_files(id, "m00", 2).await.unwrap(), ["m1"]);
    assert_eq!(subject.store.metadata_files(id, "m1", 2).await.unwrap(), [""; 0]);
}
