//! Merges, cherry-picks and reverts.

use super::Subject;
use super::things::{
    at, commit, commit_all, conflict_of, create_ns, create_table, delete, drop_ns, location, look, main_branch, ns_key,
    put, request, table_key, update,
};
use crate::merge::{Clash, Mode, Modes, Prepared, Reason, cherry_pick, merge, revert};
use crate::{Branch, Commit, CommitRequest, Expect, Key, Origin, View};

async fn fork(subject: &Subject, name: &str, from: &Branch) -> Branch {
    subject.store.create_branch(from.warehouse_id, name, &View::head(from), at(1)).await.unwrap()
}

async fn prepare(subject: &Subject, source: &Branch, target: &Branch, default: Mode) -> Prepared {
    let modes = Modes { default, ..Modes::default() };
    merge(&*subject.store, &View::head(source), &View::head(target), &modes).await.unwrap()
}

fn apply(prepared: Prepared) -> CommitRequest {
    let Prepared { outcome, origin, news: _ } = prepared;
    assert_eq!(outcome.clashes, []);
    CommitRequest { preconditions: outcome.preconditions, origin: Some(origin), ..request(outcome.operations) }
}

/// A merge that must succeed.
async fn merged(subject: &Subject, source: &Branch, target: &Branch, default: Mode) -> Commit {
    let prepared = prepare(subject, source, target, default).await;
    assert!(prepared.news);
    commit(subject, target, apply(prepared)).await
}

fn reasons(clashes: &[Clash]) -> Vec<(Key, Reason)> {
    clashes.iter().map(|clash| (clash.key.clone(), clash.reason)).collect()
}

/// The metadata file of a table in namespace `a`.
async fn file(subject: &Subject, branch: &Branch, name: &str) -> Option<String> {
    let entry = look(subject, branch, &table_key("a", name)).await?;
    entry.content.metadata_location().map(str::to_owned)
}

async fn change(subject: &Subject, branch: &Branch, name: &str, to: &str) -> Commit {
    let entry = look(subject, branch, &table_key("a", name)).await.unwrap();
    let from = entry.content.metadata_location().unwrap().to_owned();
    commit(subject, branch, update(&table_key("a", name), entry.content.id(), &from, to)).await
}

async fn drop_table(subject: &Subject, branch: &Branch, name: &str) -> Commit {
    let from = file(subject, branch, name).await.unwrap();
    commit(subject, branch, request(vec![delete(table_key("a", name), location(&from))])).await
}

/// `main` with namespace `a` and some tables, and a branch of it.
async fn two(subject: &Subject, tables: &[&str]) -> (Branch, Branch) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    for name in tables {
        commit(subject, &main, create_table("a", name, &format!("{name}0"))).await;
    }
    let dev = fork(subject, "dev", &main).await;
    (main, dev)
}

pub async fn a_merge_brings_what_the_source_did_in_one_commit(subject: &Subject) {
    let (main, dev) = two(subject, &["changed", "dropped", "ours"]).await;
    change(subject, &dev, "changed", "changed1").await;
    drop_table(subject, &dev, "dropped").await;
    commit(subject, &dev, create_ns("a.b")).await;
    let last = commit(subject, &dev, create_table("a.b", "new", "new0")).await;
    change(subject, &main, "ours", "ours1").await;
    let made = merged(subject, &dev, &main, Mode::Normal).await;
    assert_eq!(made.origin, Some(Origin::Merge { branch_id: dev.id, seq: last.seq }));
    for (name, expected) in [("changed", Some("changed1")), ("dropped", None), ("ours", Some("ours1"))] {
        assert_eq!(file(subject, &main, name).await.as_deref(), expected, "{name}");
    }
    assert!(look(subject, &main, &table_key("a.b", "new")).await.is_some());
    assert_eq!(file(subject, &dev, "ours").await.as_deref(), Some("ours0"));
    // There is nothing more to bring.
    let again = prepare(subject, &dev, &main, Mode::Normal).await;
    assert!(!again.news && again.outcome.operations.is_empty());
}

pub async fn what_both_sides_changed_is_reported_and_a_mode_decides(subject: &Subject) {
    let (main, dev) = two(subject, &["t", "u", "v"]).await;
    change(subject, &dev, "t", "t-dev").await;
    change(subject, &dev, "v", "v-dev").await;
    drop_table(subject, &dev, "u").await;
    change(subject, &main, "t", "t-main").await;
    change(subject, &main, "u", "u-main").await;
    let report = prepare(subject, &dev, &main, Mode::Normal).await.outcome.clashes;
    let both = [(table_key("a", "t"), Reason::BothChanged), (table_key("a", "u"), Reason::BothChanged)];
    assert_eq!(reasons(&report), both);
    let Clash { base, source, target, .. } = &report[0];
    let files = [base, source, target].map(|e| e.as_ref().unwrap().content.metadata_location().unwrap());
    assert_eq!(files, ["t0", "t-dev", "t-main"]);
    assert_eq!(source.as_ref().unwrap().version.branch_id, dev.id);
    // One key is decided; the other still stands in the way.
    let keys = [(table_key("a", "t"), Mode::Theirs)].into();
    let modes = Modes { default: Mode::Normal, keys };
    let half = merge(&*subject.store, &View::head(&dev), &View::head(&main), &modes).await.unwrap();
    assert_eq!(reasons(&half.outcome.clashes), both[1..]);
    let keys = [(table_key("a", "t"), Mode::Theirs), (table_key("a", "u"), Mode::Ours)].into();
    let modes = Modes { default: Mode::Normal, keys };
    let whole = merge(&*subject.store, &View::head(&dev), &View::head(&main), &modes).await.unwrap();
    commit(subject, &main, apply(whole)).await;
    for (name, expected) in [("t", "t-dev"), ("u", "u-main"), ("v", "v-dev")] {
        assert_eq!(file(subject, &main, name).await.as_deref(), Some(expected), "{name}");
    }
}

pub async fn merges_in_both_directions_begin_where_the_last_one_ended(subject: &Subject) {
    let (main, dev) = two(subject, &["t", "u"]).await;
    for round in 1..5 {
        change(subject, &dev, "t", &format!("t-dev{round}")).await;
        change(subject, &main, "u", &format!("u-main{round}")).await;
        merged(subject, &dev, &main, Mode::Normal).await;
        merged(subject, &main, &dev, Mode::Normal).await;
        // Now the other way round: what was merged is no longer a change of the other side.
        change(subject, &main, "t", &format!("t-main{round}")).await;
        change(subject, &dev, "u", &format!("u-dev{round}")).await;
        merged(subject, &main, &dev, Mode::Normal).await;
        merged(subject, &dev, &main, Mode::Normal).await;
        for branch in [&main, &dev] {
            assert_eq!(file(subject, branch, "t").await, Some(format!("t-main{round}")));
            assert_eq!(file(subject, branch, "u").await, Some(format!("u-dev{round}")));
        }
    }
}

pub async fn a_conflict_that_was_decided_is_not_asked_about_again(subject: &Subject) {
    let (main, dev) = two(subject, &["t"]).await;
    change(subject, &dev, "t", "t-dev").await;
    change(subject, &main, "t", "t-main").await;
    assert_eq!(prepare(subject, &dev, &main, Mode::Normal).await.outcome.clashes.len(), 1);
    // Nothing had to be done for it; that it was merged is recorded all the same.
    merged(subject, &dev, &main, Mode::Ours).await;
    assert!(!prepare(subject, &dev, &main, Mode::Normal).await.news);
    merged(subject, &main, &dev, Mode::Normal).await;
    assert_eq!(file(subject, &dev, "t").await.as_deref(), Some("t-main"));
}

pub async fn what_came_by_way_of_a_third_branch_is_known(subject: &Subject) {
    let (main, left) = two(subject, &["t"]).await;
    let right = fork(subject, "right", &main).await;
    change(subject, &left, "t", "t1").await;
    merged(subject, &left, &main, Mode::Normal).await;
    merged(subject, &main, &right, Mode::Normal).await;
    change(subject, &left, "t", "t2").await;
    // By its own merges alone `right` knows nothing of `left`.
    merged(subject, &left, &right, Mode::Normal).await;
    assert_eq!(file(subject, &right, "t").await.as_deref(), Some("t2"));
}

pub async fn a_namespace_that_one_side_dropped_stops_what_the_other_did_in_it(subject: &Subject) {
    let (main, dev) = two(subject, &[]).await;
    commit(subject, &main, create_ns("b")).await;
    let dev2 = fork(subject, "dev2", &main).await;
    // `main` drops the namespace into which `dev2` puts a table.
    commit(subject, &dev2, create_table("b", "t", "t0")).await;
    let space = look(subject, &main, &ns_key("b")).await.unwrap();
    commit(subject, &main, drop_ns("b", &space)).await;
    let report = prepare(subject, &dev2, &main, Mode::Normal).await.outcome.clashes;
    assert_eq!(reasons(&report), [(table_key("b", "t"), Reason::NoNamespace)]);
    // And the other way round.
    let space = look(subject, &dev, &ns_key("a")).await.unwrap();
    commit(subject, &dev, drop_ns("a", &space)).await;
    commit(subject, &main, create_table("a", "t", "t0")).await;
    let report = prepare(subject, &dev, &main, Mode::Normal).await.outcome.clashes;
    assert_eq!(reasons(&report), [(ns_key("a"), Reason::NotEmpty)]);
    // Both made it, with the same properties.
    commit(subject, &main, create_ns("b")).await;
    let clashes = prepare(subject, &dev2, &main, Mode::Normal).await.outcome.clashes;
    assert_eq!(reasons(&clashes), []);
}

pub async fn a_table_that_both_sides_renamed_is_not_there_twice(subject: &Subject) {
    let (main, dev) = two(subject, &["t"]).await;
    let entry = look(subject, &main, &table_key("a", "t")).await.unwrap();
    let rename = |to: &str| {
        let put = put(table_key("a", to), Expect::Absent, entry.content.clone());
        request(vec![delete(table_key("a", "t"), location("t0")), put])
    };
    commit(subject, &main, rename("on_main")).await;
    commit(subject, &dev, rename("on_dev")).await;
    let report = prepare(subject, &dev, &main, Mode::Normal).await.outcome.clashes;
    assert_eq!(reasons(&report), [(table_key("a", "on_dev"), Reason::Elsewhere)]);
    let other = fork(subject, "other", &dev).await;
    change(subject, &other, "on_dev", "t1").await;
    merged(subject, &other, &dev, Mode::Normal).await;
    assert_eq!(file(subject, &dev, "on_dev").await.as_deref(), Some("t1"));
}

pub async fn a_target_that_moved_since_it_was_compared_is_a_conflict(subject: &Subject) {
    let (main, dev) = two(subject, &["t", "u"]).await;
    change(subject, &dev, "t", "t-dev").await;
    change(subject, &dev, "u", "u-dev").await;
    let prepared = prepare(subject, &dev, &main, Mode::Normal).await;
    change(subject, &main, "t", "t-main").await;
    let (key, _) = conflict_of(commit_all(subject, &main, vec![apply(prepared)]).await.remove(0));
    assert_eq!(key, table_key("a", "t"));
    assert_eq!(file(subject, &main, "u").await.as_deref(), Some("u0"));
    assert_eq!(prepare(subject, &dev, &main, Mode::Normal).await.outcome.clashes.len(), 1);
}

pub async fn one_commit_is_picked_and_taken_back(subject: &Subject) {
    let (main, dev) = two(subject, &["t", "u"]).await;
    change(subject, &dev, "t", "t1").await;
    let wanted = change(subject, &dev, "u", "u1").await;
    let (store, modes, lake) = (&*subject.store, Modes::default(), main.warehouse_id);
    let picked = cherry_pick(store, lake, wanted.id, &View::head(&main), &modes).await.unwrap();
    let made = commit(subject, &main, apply(picked)).await;
    assert_eq!(made.origin, Some(Origin::Commit(wanted.id)));
    assert_eq!(file(subject, &main, "t").await.as_deref(), Some("t0"));
    assert_eq!(file(subject, &main, "u").await.as_deref(), Some("u1"));
    let again = cherry_pick(store, lake, wanted.id, &View::head(&main), &modes).await.unwrap();
    assert!(!again.news);
    let back = revert(store, lake, made.id, &View::head(&main), &modes).await.unwrap();
    commit(subject, &main, apply(back)).await;
    assert_eq!(file(subject, &main, "u").await.as_deref(), Some("u0"));
    let pick = cherry_pick(store, lake + 1, wanted.id, &View::head(&main), &modes).await;
    assert!(matches!(pick, Err(crate::StoreError::NotFound(_))), "{pick:?}");
}

pub async fn a_drop_is_taken_back_and_what_was_changed_since_is_not(subject: &Subject) {
    let (main, _) = two(subject, &["u"]).await;
    let (store, modes, lake) = (&*subject.store, Modes::default(), main.warehouse_id);
    let dropped = drop_table(subject, &main, "u").await;
    let back = revert(store, lake, dropped.id, &View::head(&main), &modes).await.unwrap();
    commit(subject, &main, apply(back)).await;
    assert_eq!(file(subject, &main, "u").await.as_deref(), Some("u0"));
    let changed = change(subject, &main, "u", "u1").await;
    change(subject, &main, "u", "u2").await;
    let stale = revert(store, lake, changed.id, &View::head(&main), &modes).await.unwrap();
    assert_eq!(reasons(&stale.outcome.clashes), [(table_key("a", "u"), Reason::BothChanged)]);
}
