//! Reading the tree.

use std::collections::HashSet;

use super::Subject;
use super::chance::Chance;
use super::pages::{check, walk};
use super::things::{
    at, commit, create_ns, create_table, delete, location, look, main_branch, namespace, ns, ns_key, put, request,
    table, table_key, update, view,
};
use crate::{
    Content, Cursor, Entry, Expect, Ids, Key, Kind, Listed, LogFilter, MAX_LEVEL_BYTES, MAX_PATH_BYTES, NamespacePath,
    PaginationParams, StoreError, TokenFilter, Version, View,
};

pub async fn a_key_is_what_its_newest_commit_says(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let key = table_key("a", "t");
    let Content::Table { id, .. } = table("") else { return };
    let first = Content::Table { id, metadata_location: "m0".into() };
    let created = commit(subject, &branch, request(vec![put(key.clone(), Expect::Absent, first)])).await;
    let version = Version { branch_id: branch.id, seq: created.seq };
    let content = Content::Table { id, metadata_location: "m0".into() };
    assert_eq!(look(subject, &branch, &key).await, Some(Entry { content, version }));
    let moved = commit(subject, &branch, update(&key, id, "m0", "m1")).await;
    let entry = subject.replica.look(&View::head(&branch), &key).await.unwrap().unwrap();
    assert_eq!((entry.content.metadata_location(), entry.version.seq), (Some("m1"), moved.seq));
    assert_eq!(look(subject, &branch, &table_key("a", "u")).await, None);
    assert_eq!(look(subject, &branch, &table_key("b", "t")).await, None);
}

pub async fn a_dropped_key_is_gone_and_can_come_back(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let key = table_key("a", "t");
    for round in 0..3 {
        let metadata = format!("m{round}");
        commit(subject, &branch, create_table("a", "t", &metadata)).await;
        assert_eq!(names(subject, &View::head(&branch), &ns("a"), Kind::Table).await, ["t"]);
        commit(subject, &branch, request(vec![delete(key.clone(), location(&metadata))])).await;
        assert_eq!(look(subject, &branch, &key).await, None);
        assert_eq!(names(subject, &View::head(&branch), &ns("a"), Kind::Table).await, [""; 0]);
    }
}

pub async fn a_past_view_shows_what_was_there(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let key = table_key("a", "t");
    let created = commit(subject, &branch, create_table("a", "t", "m0")).await;
    let dropped = commit(subject, &branch, request(vec![delete(key.clone(), location("m0"))])).await;
    let views = [(created.seq - 1, None), (created.seq, Some("m0")), (dropped.seq, None)];
    for (seq, expected) in views {
        let past = View::at(&branch, seq);
        let found = subject.store.look(&past, &key).await.unwrap();
        assert_eq!(found.as_ref().and_then(|entry| entry.content.metadata_location()), expected, "at {seq}");
        let listed = names(subject, &past, &ns("a"), Kind::Table).await;
        assert_eq!(listed.len(), usize::from(expected.is_some()), "at {seq}");
    }
    assert_eq!(subject.store.look(&View::at(&branch, 0), &ns_key("a")).await.unwrap(), None);
}

pub async fn properties_and_names_come_back_as_they_were_put(subject: &Subject) {
    let branch = main_branch(subject).await;
    let name = "Ünï %_\\'\"\u{1f600}\u{7f}";
    let properties = [("z", ""), ("a", "1"), ("ключ", "значение \u{0}\n\t\u{1f}"), ("q\"'\\", "{\"json\": [1]}")];
    let properties: Vec<_> = properties.into_iter().filter(|(_, v)| !v.contains('\u{0}')).collect();
    let key = NamespacePath::new([name]).unwrap().key().unwrap();
    let content = namespace(&properties);
    commit(subject, &branch, request(vec![put(key.clone(), Expect::Absent, content.clone())])).await;
    assert_eq!(look(subject, &branch, &key).await.unwrap().content, content);
    assert_eq!(names(subject, &View::head(&branch), &NamespacePath::root(), Kind::Namespace).await, [name]);
    let shown = view("s3://b/ü/\u{1f600}.json");
    let key = Key::relation(NamespacePath::new([name]).unwrap(), name).unwrap();
    commit(subject, &branch, request(vec![put(key.clone(), Expect::Absent, shown.clone())])).await;
    assert_eq!(look(subject, &branch, &key).await.unwrap().content, shown);
}

pub async fn names_sort_by_bytes(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let mut all = [
        "b",
        "B",
        "a",
        "A",
        "_",
        "é",
        "e",
        "z",
        "ä",
        "Z",
        "a b",
        "a!",
        "a-b",
        "ab",
        "10",
        "9",
        "\u{ffff}",
        "\u{1f600}",
    ];
    let operations = all.map(|name| put(table_key("a", name), Expect::Absent, table("m"))).to_vec();
    commit(subject, &branch, request(operations)).await;
    all.sort_unstable();
    let expected: Vec<Listed> = all.iter().map(|name| Listed { name: (*name).into(), kind: Kind::Table }).collect();
    let (head, past) = (View::head(&branch), View::at(&branch, 2));
    for view in [head, past] {
        let list = async |page| subject.store.list(&view, &ns("a"), Kind::Table, &page).await;
        check(&expected, &[1, 2, 5, 17, 18, 19], list).await;
    }
}

pub async fn a_namespace_and_a_table_may_share_a_name(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    commit(subject, &branch, create_ns("a.x")).await;
    commit(subject, &branch, create_table("a", "x", "m")).await;
    assert_eq!(look(subject, &branch, &ns_key("a.x")).await.unwrap().content.kind(), Kind::Namespace);
    assert_eq!(look(subject, &branch, &table_key("a", "x")).await.unwrap().content.kind(), Kind::Table);
    commit(subject, &branch, request(vec![delete(table_key("a", "x"), location("m"))])).await;
    assert!(look(subject, &branch, &ns_key("a.x")).await.is_some());
}

pub async fn only_direct_children_of_the_asked_kind_are_listed(subject: &Subject) {
    let branch = main_branch(subject).await;
    for name in ["a", "a.b", "a.b.c", "ab", "a.d"] {
        commit(subject, &branch, create_ns(name)).await;
    }
    commit(subject, &branch, create_table("a", "t", "m")).await;
    commit(subject, &branch, create_table("a.b", "u", "m")).await;
    commit(subject, &branch, request(vec![put(table_key("a", "v"), Expect::Absent, view("m"))])).await;
    let head = View::head(&branch);
    assert_eq!(names(subject, &head, &NamespacePath::root(), Kind::Namespace).await, ["a", "ab"]);
    assert_eq!(names(subject, &head, &ns("a"), Kind::Namespace).await, ["b", "d"]);
    assert_eq!(names(subject, &head, &ns("a"), Kind::Table).await, ["t"]);
    assert_eq!(names(subject, &head, &ns("a"), Kind::View).await, ["v"]);
    assert_eq!(names(subject, &head, &ns("a.b"), Kind::Table).await, ["u"]);
    assert_eq!(names(subject, &head, &ns("nowhere"), Kind::Table).await, [""; 0]);
}

pub async fn names_at_the_limits_are_kept_whole(subject: &Subject) {
    let branch = main_branch(subject).await;
    let level = |seed: char| seed.to_string() + &"ü".repeat((MAX_LEVEL_BYTES - 1) / 2);
    let levels: Vec<String> = ['a', 'b', 'c', 'd'].map(level).to_vec();
    let path = NamespacePath::new(&levels).unwrap();
    assert!(path.encoded().len() + 1 >= MAX_PATH_BYTES);
    let mut operations: Vec<_> = (1..=levels.len())
        .map(|n| put(NamespacePath::new(&levels[..n]).unwrap().key().unwrap(), Expect::Absent, namespace(&[])))
        .collect();
    let key = Key::relation(path.clone(), level('t')).unwrap();
    let long = format!("s3://bucket/{}", "x".repeat(4_000));
    operations.push(put(key.clone(), Expect::Absent, table(&long)));
    commit(subject, &branch, request(operations)).await;
    assert_eq!(look(subject, &branch, &key).await.unwrap().content.metadata_location(), Some(long.as_str()));
    assert_eq!(names(subject, &View::head(&branch), &path, Kind::Table).await, [level('t')]);
}

pub async fn a_cursor_that_is_none_is_refused(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    for cursor in ["", "nonsense", "1", "{}", "[]", ":", "/", "9999:1", "1:x"] {
        let page = PaginationParams::first(10).after(Cursor(cursor.into()));
        let log = subject.store.log(&View::head(&branch), &LogFilter::default(), &page).await;
        assert!(matches!(log, Err(StoreError::BadCursor)), "{cursor}: {log:?}");
        let tokens = subject.store.list_active_tokens(&TokenFilter::default(), at(0), &page).await;
        assert!(matches!(tokens, Err(StoreError::BadCursor)), "{cursor}: {tokens:?}");
    }
    // Any text may be a name: it is a place in the list, whether or not it is there.
    let page = PaginationParams::first(10).after(Cursor("\u{10ffff}".into()));
    let past_all = subject.store.list(&View::head(&branch), &NamespacePath::root(), Kind::Namespace, &page).await;
    assert_eq!(past_all.unwrap().items, []);
}

pub async fn a_page_beyond_the_end_is_empty(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let expected = [Listed { name: "a".into(), kind: Kind::Namespace }];
    for view in [View::head(&branch), View::at(&branch, 1)] {
        let list = async |page| subject.store.list(&view, &NamespacePath::root(), Kind::Namespace, &page).await;
        check(&expected, &[1, 2], list).await;
    }
}

pub async fn metadata_that_any_version_names_is_told(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, create_ns("a")).await;
    let (key, id) = (table_key("a", "t"), Ids.random());
    let first = Content::Table { id, metadata_location: "m0".into() };
    commit(subject, &branch, request(vec![put(key.clone(), Expect::Absent, first)])).await;
    commit(subject, &branch, update(&key, id, "m0", "m1 '%")).await;
    commit(subject, &branch, create_table("a", "other", "m2")).await;
    commit(subject, &branch, request(vec![delete(key, location("m1 '%"))])).await;
    let asked = ["m0", "m1 '%", "m2", "m3"].map(String::from);
    let named = subject.store.named_metadata(id, &asked).await.unwrap();
    assert_eq!(named, HashSet::from(["m0", "m1 '%"].map(String::from)));
    assert_eq!(subject.store.named_metadata(id, &[]).await.unwrap(), HashSet::new());
    assert_eq!(subject.store.named_metadata(Ids.random(), &asked).await.unwrap(), HashSet::new());
}

/// The listed names, by pages of a random size.
pub(super) async fn names(subject: &Subject, view: &View, ns: &NamespacePath, kind: Kind) -> Vec<String> {
    let size = u32::try_from(Chance::new().below(4) + 1).unwrap();
    let listed = walk(size, async |page| subject.store.list(view, ns, kind, &page).await).await;
    assert!(listed.iter().all(|listed| listed.kind == kind));
    listed.into_iter().map(|listed| listed.name).collect()
}
