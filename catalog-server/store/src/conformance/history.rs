//! What became of the tree: logs, single commits, diffs, and what was dropped.

use super::Subject;
use super::pages::{check, walk};
use super::things::{
    at, commit, create_ns, create_table, delete, drop_ns, location, look, main_branch, ns, ns_key, put, request,
    requiring, table_key, update, warehouse,
};
use crate::merge::{Difference, diff, show};
use crate::{
    About, Branch, Commit, CommitRequest, Content, Cursor, Dropped, Entry, Expect, Ids, LogFilter, Merged, Origin,
    PaginationParams, Precondition, Span, StoreError, Version, View,
};

async fn commit_at(subject: &Subject, branch: &Branch, seconds: i64, author: &str, request: CommitRequest) -> Commit {
    let request = CommitRequest { author: author.into(), ..request };
    subject.store.commit(branch, vec![request], at(seconds)).await.remove(0).unwrap()
}

async fn fork(subject: &Subject, name: &str, from: &View, main: &Branch) -> Branch {
    subject.store.create_branch(main.warehouse_id, name, from, at(1)).await.unwrap()
}

pub async fn a_log_is_filtered_by_author_time_and_what_was_changed(subject: &Subject) {
    let main = main_branch(subject).await;
    let mut all = vec![commit_at(subject, &main, 0, "ann", create_ns("a")).await];
    all.push(commit_at(subject, &main, 10, "bob", create_ns("ab")).await);
    all.push(commit_at(subject, &main, 20, "ann", create_ns("a.b")).await);
    all.push(commit_at(subject, &main, 30, "bob", create_table("a", "t", "m0")).await);
    let dev = fork(subject, "dev", &View::head(&main), &main).await;
    commit_at(subject, &main, 35, "ann", create_table("a", "late", "m")).await;
    let Some(Entry { content, .. }) = look(subject, &dev, &table_key("a", "t")).await else { panic!("no table") };
    all.push(commit_at(subject, &dev, 40, "ann", update(&table_key("a", "t"), content.id(), "m0", "m1")).await);
    all.push(commit_at(subject, &dev, 50, "bob", create_table("ab", "t", "m")).await);
    all.push(commit_at(subject, &dev, 60, "ann", create_table("a.b", "u", "m")).await);
    let filter = LogFilter::default;
    let by = |author: &str| LogFilter { author: Some(author.into()), ..filter() };
    let about = |about| LogFilter { about, ..filter() };
    let cases: Vec<(LogFilter, &[usize])> = vec![
        (filter(), &[6, 5, 4, 3, 2, 1, 0]),
        (by("ann"), &[6, 4, 2, 0]),
        (by("eve"), &[]),
        (about(About::Namespace(ns("a"))), &[6, 4, 3, 2, 0]),
        (about(About::Namespace(ns("a.b"))), &[6, 2]),
        (about(About::Namespace(crate::NamespacePath::root())), &[6, 5, 4, 3, 2, 1, 0]),
        (about(About::Key(table_key("a", "t"))), &[4, 3]),
        (about(About::Key(ns_key("a.b"))), &[2]),
        (about(About::Key(table_key("a", "late"))), &[]),
        (LogFilter { since: Some(at(20)), ..filter() }, &[6, 5, 4, 3, 2]),
        (LogFilter { until: Some(at(30)), ..filter() }, &[3, 2, 1, 0]),
        (LogFilter { since: Some(at(15)), until: Some(at(45)), ..by("ann") }, &[4, 2]),
        (LogFilter { until: Some(at(-1)), ..filter() }, &[]),
        (LogFilter { until: Some(at(35)), ..about(About::Key(table_key("a", "t"))) }, &[3]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<Commit> = expected.iter().map(|n| all[*n].clone()).collect();
        let head = View::head(&dev);
        let list = async |page| subject.replica.log(&head, &filter, &page).await;
        check(&expected, &[1, 2, 3, 50], list).await;
    }
}

pub async fn the_ancestry_of_a_commit_goes_on_into_the_branches_that_it_came_from(subject: &Subject) {
    let main = main_branch(subject).await;
    let (_, pond) = warehouse(subject, "pond").await;
    let mut line = Vec::new();
    for n in 0..7 {
        line.insert(0, commit(subject, &main, create_ns(&format!("a{n}"))).await);
    }
    let dev = fork(subject, "dev", &View::at(&main, 5), &main).await;
    line.drain(..2);
    for n in 0..4 {
        line.insert(0, commit(subject, &dev, create_ns(&format!("b{n}"))).await);
    }
    for from in 0..line.len() {
        let ancestry = async |page| {
            let found = subject.store.get_commit_ancestry(main.warehouse_id, line[from].id, &page).await?;
            Ok(found.unwrap())
        };
        check(&line[from..], &[1, 3, 4, 100], ancestry).await;
    }
    let page = PaginationParams::default();
    for (warehouse, id) in [(pond.warehouse_id, line[0].id), (main.warehouse_id, Ids.random())] {
        assert_eq!(subject.store.get_commit_ancestry(warehouse, id, &page).await.unwrap(), None);
        assert_eq!(subject.store.get_commit(warehouse, id).await.unwrap(), None);
        assert_eq!(subject.store.children(warehouse, id, &page).await.unwrap().items, []);
    }
    let (found, view) = subject.store.get_commit(main.warehouse_id, line[0].id).await.unwrap().unwrap();
    assert_eq!((found, view), (line[0].clone(), View::at(&dev, 4)));
}

pub async fn children_of_a_commit_are_told_on_all_branches(subject: &Subject) {
    let main = main_branch(subject).await;
    let parent = commit(subject, &main, create_ns("a")).await;
    let list = async |page| subject.store.children(main.warehouse_id, parent.id, &page).await;
    check(&[], &[2], list).await;
    let mut children = vec![commit(subject, &main, create_ns("b")).await];
    for n in 0..5 {
        let branch = fork(subject, &format!("f{n}"), &View::at(&main, 1), &main).await;
        children.push(commit(subject, &branch, create_ns("c")).await);
        commit(subject, &branch, create_ns("d")).await;
    }
    children.sort_by_key(|child| child.id);
    check(&children, &[1, 2, 5, 6, 7], list).await;
    let page = PaginationParams::first(1).after(Cursor("x".into()));
    let refused = subject.store.children(main.warehouse_id, parent.id, &page).await;
    assert!(matches!(refused, Err(StoreError::BadCursor)), "{refused:?}");
}

pub async fn a_commit_shows_what_was_before_and_after(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let created = commit(subject, &main, create_table("a", "t", "m0")).await;
    let dev = fork(subject, "dev", &View::head(&main), &main).await;
    let (key, new) = (table_key("a", "t"), table_key("a", "u"));
    let before = look(subject, &dev, &key).await.unwrap();
    let moved = vec![delete(key.clone(), location("m0")), put(new.clone(), Expect::Absent, before.content.clone())];
    let renamed = commit(subject, &dev, request(moved)).await;
    let after = look(subject, &dev, &new).await.unwrap();
    let shown = async |id, page: PaginationParams| show(&*subject.store, main.warehouse_id, id, &page).await;
    let creation = [Difference { key: key.clone(), before: None, after: Some(before.clone()) }];
    check(&creation, &[1, 2], async |page| shown(created.id, page).await).await;
    let both = [
        Difference { key, before: Some(before), after: None },
        Difference { key: new, before: None, after: Some(after) },
    ];
    check(&both, &[1, 2, 3], async |page| shown(renamed.id, page).await).await;
    let nothing = shown(Ids.random(), PaginationParams::default()).await;
    assert!(matches!(nothing, Err(StoreError::NotFound(_))), "{nothing:?}");
}

pub async fn a_diff_is_what_leads_from_one_state_to_the_other(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    for name in ["changed", "dropped", "same", "twice"] {
        commit(subject, &main, create_table("a", name, "m0")).await;
    }
    let dev = fork(subject, "dev", &View::head(&main), &main).await;
    let id = async |name: &str| look(subject, &main, &table_key("a", name)).await.unwrap().content.id();
    let change = update(&table_key("a", "changed"), id("changed").await, "m0", "m1");
    commit(subject, &dev, change).await;
    commit(subject, &dev, request(vec![delete(table_key("a", "dropped"), location("m0"))])).await;
    commit(subject, &dev, create_table("a", "new", "m")).await;
    // There and back is no difference; nor is what the other side did, but the other way round.
    for (from, to) in [("m0", "m1"), ("m1", "m0")] {
        commit(subject, &dev, update(&table_key("a", "twice"), id("twice").await, from, to)).await;
    }
    commit(subject, &main, create_table("a", "on_main", "m")).await;
    let (from, to) = (View::head(&main), View::head(&dev));
    let mut expected = Vec::new();
    for name in ["changed", "dropped", "new", "on_main"] {
        let key = table_key("a", name);
        let (before, after) = (look(subject, &main, &key).await, look(subject, &dev, &key).await);
        expected.push(Difference { key, before, after });
    }
    for size in [1, 2, 3, 100] {
        let list = async |page| diff(&*subject.store, &from, &to, &page).await;
        assert_eq!(walk(size, list).await, expected, "pages of {size}");
    }
}

pub async fn a_diff_the_other_way_round_has_before_and_after_change_places(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let dev = fork(subject, "dev", &View::head(&main), &main).await;
    commit(subject, &dev, create_table("a", "t", "m")).await;
    commit(subject, &main, create_table("a", "u", "m")).await;
    let (from, to) = (View::head(&main), View::head(&dev));
    let all = async |from: &View, to: &View| walk(2, async |page| diff(&*subject.replica, from, to, &page).await).await;
    let there = all(&from, &to).await;
    let back: Vec<_> =
        there.iter().cloned().map(|d| Difference { before: d.after, after: d.before, key: d.key }).collect();
    assert_eq!(there.len(), 2);
    assert_eq!(all(&to, &from).await, back);
    assert_eq!(all(&to, &to).await, []);
    assert_eq!(all(&View::at(&main, 1), &View::at(&main, 2)).await, back[1..]);
}

pub async fn keys_that_a_range_of_commits_touched_are_told_once(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    commit(subject, &main, create_ns("b")).await;
    for (name, round) in [("t2", 0), ("t10", 0), ("t1", 0)] {
        commit(subject, &main, create_table("a", name, &format!("m{round}"))).await;
    }
    commit(subject, &main, request(vec![delete(table_key("a", "t2"), location("m0"))])).await;
    let span = |after, upto| Span { branch_id: main.id, after, upto };
    let cases = [
        (
            vec![span(0, 99)],
            vec![ns_key("a"), ns_key("b"), table_key("a", "t1"), table_key("a", "t10"), table_key("a", "t2")],
        ),
        (vec![span(2, 3), span(5, 6)], vec![table_key("a", "t2")]),
        (vec![span(1, 2), span(1, 2)], vec![ns_key("b")]),
        (vec![span(6, 6)], vec![]),
        (vec![], vec![]),
    ];
    for (spans, expected) in cases {
        check(&expected, &[1, 2, 5, 9], async |page| subject.store.touched(&spans, &page).await).await;
    }
    for cursor in ["", "x", "a\u{1e}7t", "\0\u{1e}1t"] {
        let page = PaginationParams::first(1).after(Cursor(cursor.into()));
        let refused = subject.store.touched(&[span(0, 9)], &page).await;
        assert!(matches!(refused, Err(StoreError::BadCursor)), "{cursor:?}: {refused:?}");
    }
}

pub async fn what_was_dropped_is_listed_and_can_be_put_back(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    commit(subject, &main, create_ns("b")).await;
    for name in ["kept", "t", "u"] {
        commit(subject, &main, create_table("a", name, &format!("m-{name}"))).await;
    }
    let was = look(subject, &main, &table_key("a", "t")).await.unwrap();
    let dev = fork(subject, "dev", &View::head(&main), &main).await;
    let space = look(subject, &main, &ns_key("b")).await.unwrap();
    let mut expected = Vec::new();
    let dropped = commit(subject, &dev, drop_ns("b", &space)).await;
    expected.push(Dropped { key: ns_key("b"), entry: space, commit: dropped });
    for name in ["t", "u"] {
        let entry = look(subject, &dev, &table_key("a", name)).await.unwrap();
        let drop = request(vec![delete(table_key("a", name), location(&format!("m-{name}")))]);
        let commit = commit(subject, &dev, drop).await;
        expected.push(Dropped { key: table_key("a", name), entry, commit });
    }
    let all = async |page| subject.replica.list_dropped(&dev, None, &page).await;
    check(&expected, &[1, 2, 3, 4], all).await;
    let in_a = async |page| subject.store.list_dropped(&dev, Some(&ns("a")), &page).await;
    check(&expected[1..], &[1, 2, 3], in_a).await;
    check(&[], &[3], async |page| subject.store.list_dropped(&main, None, &page).await).await;
    // Back under its own name, and under another one.
    let back = |name: &str, content: &Content| {
        let put = put(table_key("a", name), Expect::Absent, content.clone());
        requiring(vec![put], vec![Precondition::Exists(ns("a"))])
    };
    commit(subject, &dev, back("t", &expected[1].entry.content)).await;
    commit(subject, &dev, back("v", &expected[2].entry.content)).await;
    assert_eq!(look(subject, &dev, &table_key("a", "t")).await.unwrap().content, was.content);
    let left: Vec<_> = walk(9, all).await.into_iter().map(|dropped| dropped.key).collect();
    assert_eq!(left, [ns_key("b"), table_key("a", "u")]);
}

pub async fn where_a_commit_comes_from_is_recorded(subject: &Subject) {
    let main = main_branch(subject).await;
    let (id, origin) = (Ids.random(), Some(Origin::Merge { branch_id: main.id + 7, seq: 3 }));
    let merged = commit(subject, &main, CommitRequest { origin, ..create_ns("a") }).await;
    let origin = Some(Origin::Commit(id));
    let picked = commit(subject, &main, CommitRequest { origin, ..create_ns("b") }).await;
    // A merge in which nothing had to be done is a commit all the same.
    let origin = Some(Origin::Merge { branch_id: main.id + 7, seq: 2 });
    let empty = commit(subject, &main, CommitRequest { origin, ..request(vec![]) }).await;
    assert_eq!(merged.origin, Some(Origin::Merge { branch_id: main.id + 7, seq: 3 }));
    assert_eq!((picked.origin, empty.origin), (Some(Origin::Commit(id)), origin));
    let log = subject.store.log(&View::head(&main), &LogFilter::default(), &PaginationParams::default()).await.unwrap();
    assert_eq!(log.items, [empty, picked, merged]);
    let made = |seq, of| Merged { into: main.id, seq, view: View { lineage: vec![main.id + 7], upto: vec![of] } };
    let between = async |after, upto| {
        let mut merges = subject.store.merged(&[Span { branch_id: main.id, after, upto }]).await.unwrap();
        merges.sort_by_key(|merged| merged.seq);
        merges
    };
    assert_eq!(between(0, i64::MAX).await, [made(1, 3), made(3, 2)]);
    assert_eq!((between(0, 2).await, between(1, 2).await), (vec![made(1, 3)], vec![]));
    assert_eq!(subject.store.merged(&[]).await.unwrap(), []);
}

pub async fn heads_names_and_the_commits_of_versions_are_told_for_many_at_once(subject: &Subject) {
    let store = &subject.store;
    let (_, empty) = warehouse(subject, "pond").await;
    let main = main_branch(subject).await;
    let first = commit(subject, &main, create_ns("a")).await;
    let dev = fork(subject, "dev", &View::head(&main), &main).await;
    let deep = fork(subject, "deep", &View::head(&dev), &main).await;
    let last = commit(subject, &main, create_ns("b")).await;
    let own = commit(subject, &deep, create_ns("c")).await;
    let heads = store.heads(&[dev.id, main.id, empty.id, deep.id]).await.unwrap();
    assert_eq!(heads, [Some(first.id), Some(last.id), None, Some(own.id)]);
    store.delete_branch(&deep, at(1)).await.unwrap();
    let names = store.branch_names(&[deep.id, main.id, 0]).await.unwrap();
    assert_eq!(names, [(deep.id, "deep".to_owned()), (main.id, "main".to_owned())].into());
    let version = |branch: &Branch, seq| Version { branch_id: branch.id, seq };
    let versions = [version(&deep, 1), version(&main, 2), version(&main, 9), version(&main, 1), version(&main, 2)];
    let commits = subject.replica.commits_of(&versions).await.unwrap();
    assert_eq!(commits, [Some(own.id), Some(last.id), None, Some(first.id), Some(last.id)]);
    assert_eq!((store.heads(&[]).await.unwrap().len(), store.commits_of(&[]).await.unwrap().len()), (0, 0));
}
