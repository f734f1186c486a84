//! Branches, tags, and what expressions over them mean.

use futures::future::{join, join_all};

use super::Subject;
use super::pages::check;
use super::things::{
    all_changes, at, commit, create_ns, create_table, delete, location, look, main_branch, ns, put_warehouse, request,
    table_key, warehouse,
};
use super::tree::names;
use crate::{
    Asked, Branch, Change, CommitRequest, Kind, MAX_DEPTH, Reference, Result, Revision, StoreError, Tag, Topic, View,
};

async fn fork(subject: &Subject, name: &str, from: &View) -> Branch {
    let warehouse = subject.store.list_warehouses(&Default::default()).await.unwrap().items[0].id;
    subject.store.create_branch(warehouse, name, from, at(20)).await.unwrap()
}

async fn tag(subject: &Subject, name: &str, branch: &Branch, seq: i64) -> Tag {
    let view = View::at(branch, seq);
    subject.store.create_tag(branch.warehouse_id, name, &view, at(20)).await.unwrap()
}

async fn resolve(subject: &Subject, branch: &Branch, asked: Asked) -> Option<Revision> {
    subject.store.resolve(branch.warehouse_id, &asked).await.unwrap()
}

async fn tables(subject: &Subject, view: &View) -> Vec<String> {
    names(subject, view, &ns("a"), Kind::Table).await
}

pub async fn a_branch_begins_as_its_origin_is_and_goes_its_own_way(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let before = commit(subject, &main, create_table("a", "t", "m0")).await;
    let dev = fork(subject, "dev", &View::head(&main)).await;
    let Branch { id: _, warehouse_id, name, protected, lineage, upto } = dev.clone();
    assert_eq!((warehouse_id, name.as_str(), protected), (main.warehouse_id, "dev", false));
    assert_eq!((lineage, upto), (vec![main.id], vec![before.seq]));
    assert_eq!(subject.replica.get_branch(main.warehouse_id, "dev").await.unwrap(), Some(dev.clone()));
    commit(subject, &main, create_table("a", "on_main", "m")).await;
    let first = commit(subject, &dev, create_table("a", "on_dev", "m")).await;
    assert_eq!((first.seq, first.parent_id), (1, Some(before.id)));
    commit(subject, &dev, request(vec![delete(table_key("a", "t"), location("m0"))])).await;
    assert_eq!(tables(subject, &View::head(&dev)).await, ["on_dev"]);
    assert_eq!(tables(subject, &View::head(&main)).await, ["on_main", "t"]);
    let old = fork(subject, "old", &View::at(&main, 1)).await;
    assert_eq!(tables(subject, &View::head(&old)).await, [""; 0]);
    let grandchild = fork(subject, "grandchild", &View::at(&dev, 1)).await;
    assert_eq!(tables(subject, &View::head(&grandchild)).await, ["on_dev", "t"]);
}

pub async fn a_branch_has_at_most_sixteen_ancestors(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let mut branch = main.clone();
    for depth in 1..=MAX_DEPTH {
        commit(subject, &branch, create_table("a", &format!("t{depth:02}"), "m")).await;
        branch = fork(subject, &format!("b{depth}"), &View::head(&branch)).await;
        assert_eq!(branch.lineage.len(), depth);
    }
    assert_eq!(tables(subject, &View::head(&branch)).await.len(), MAX_DEPTH);
    let deeper = subject.store.create_branch(main.warehouse_id, "deeper", &View::head(&branch), at(1)).await;
    assert!(matches!(deeper, Err(StoreError::Conflict(_))), "{deeper:?}");
    assert_eq!(subject.store.get_ref(main.warehouse_id, "deeper").await.unwrap(), None);
    let commit = commit(subject, &branch, create_table("a", "last", "m")).await;
    assert_eq!(commit.seq, 1);
}

pub async fn branches_and_tags_share_their_names(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let (_, pond) = warehouse(subject, "pond").await;
    commit(subject, &pond, create_ns("a")).await;
    let (store, head, lake) = (&subject.store, View::head(&main), main.warehouse_id);
    let dev = store.create_branch(lake, "dev", &head, at(1)).await.unwrap();
    let v1 = store.create_tag(lake, "v1", &head, at(1)).await.unwrap();
    for taken in ["main", "dev", "v1"] {
        let text = format!("ref {taken} exists already");
        let refused = [
            store.create_branch(lake, taken, &head, at(2)).await.unwrap_err(),
            store.create_tag(lake, taken, &head, at(2)).await.unwrap_err(),
            store.rename_branch(&dev, taken, at(2)).await.unwrap_err(),
        ];
        for error in refused {
            assert!(matches!(error, StoreError::AlreadyExists(_)) && error.to_string() == text, "{error:?}");
        }
    }
    assert_eq!(store.get_ref(lake, "dev").await.unwrap(), Some(Reference::Branch(dev)));
    assert_eq!(store.get_ref(lake, "v1").await.unwrap(), Some(Reference::Tag(v1)));
    store.create_tag(pond.warehouse_id, "dev", &View::head(&pond), at(1)).await.unwrap();
    assert_eq!(store.get_ref(lake, "v2").await.unwrap(), None);
}

pub async fn what_is_not_there_cannot_be_forked_or_tagged(subject: &Subject) {
    let main = main_branch(subject).await;
    let (store, lake) = (&subject.store, main.warehouse_id);
    let nothing = store.create_tag(lake, "v0", &View::head(&main), at(1)).await;
    assert!(matches!(nothing, Err(StoreError::NotFound(_))), "{nothing:?}");
    let empty = fork(subject, "empty", &View::head(&main)).await;
    let newest = commit(subject, &main, create_ns("a")).await;
    let (_, pond) = warehouse(subject, "pond").await;
    for view in [View::at(&main, newest.seq + 1), View::at(&main, -1), View::head(&pond)] {
        let refused = store.create_branch(lake, "b", &view, at(1)).await;
        assert!(matches!(refused, Err(StoreError::NotFound(_))), "{view:?}: {refused:?}");
        let refused = store.create_tag(lake, "t", &view, at(1)).await;
        assert!(matches!(refused, Err(StoreError::NotFound(_))), "{view:?}: {refused:?}");
    }
    assert_eq!(store.get_ref(lake, "b").await.unwrap(), None);
    let first = commit(subject, &empty, create_ns("b")).await;
    assert_eq!((first.seq, first.parent_id), (1, None));
}

pub async fn a_branch_is_renamed_and_protected(subject: &Subject) {
    let main = main_branch(subject).await;
    let (store, lake) = (&subject.store, main.warehouse_id);
    let dev = fork(subject, "dev", &View::head(&main)).await;
    commit(subject, &dev, create_ns("a")).await;
    let next = store.rename_branch(&dev, "next", at(1)).await.unwrap();
    assert_eq!(next, Branch { name: "next".into(), ..dev.clone() });
    assert_eq!(store.get_branch(lake, "dev").await.unwrap(), None);
    assert_eq!(names(subject, &View::head(&next), &crate::NamespacePath::root(), Kind::Namespace).await, ["a"]);
    let protected = store.protect_branch(&next, true, at(1)).await.unwrap();
    assert_eq!(protected, Branch { protected: true, ..next.clone() });
    assert_eq!(subject.replica.get_branch(lake, "next").await.unwrap(), Some(protected.clone()));
    assert_eq!(store.protect_branch(&protected, false, at(1)).await.unwrap(), next);
}

pub async fn a_protected_branch_is_not_deleted_and_the_name_of_a_deleted_one_is_free(subject: &Subject) {
    let main = main_branch(subject).await;
    let (store, lake) = (&subject.store, main.warehouse_id);
    let dev = fork(subject, "dev", &View::head(&main)).await;
    let protected = store.protect_branch(&dev, true, at(1)).await.unwrap();
    // Whoever still holds what it was before.
    let refused = store.delete_branch(&dev, at(1)).await.unwrap_err();
    assert_eq!(refused.to_string(), "branch dev is protected: take its protection off before it is deleted");
    store.protect_branch(&protected, false, at(1)).await.unwrap();
    store.delete_branch(&dev, at(1)).await.unwrap();
    assert_eq!(store.get_branch(lake, "dev").await.unwrap(), None);
    for error in [
        store.delete_branch(&dev, at(1)).await.unwrap_err(),
        store.rename_branch(&dev, "x", at(1)).await.unwrap_err(),
        store.protect_branch(&dev, true, at(1)).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::NotFound(_)), "{error:?}");
    }
    assert_ne!(fork(subject, "dev", &View::head(&main)).await.id, dev.id);
}

pub async fn main_can_be_neither_renamed_nor_deleted(subject: &Subject) {
    let main = main_branch(subject).await;
    let renamed = subject.store.rename_branch(&main, "trunk", at(1)).await.unwrap_err();
    let deleted = subject.store.delete_branch(&main, at(1)).await.unwrap_err();
    assert_eq!(renamed.to_string(), "branch main cannot be renamed");
    assert_eq!(deleted.to_string(), "branch main cannot be deleted");
    assert_eq!(subject.store.get_branch(main.warehouse_id, "main").await.unwrap(), Some(main));
}

pub async fn what_a_deleted_branch_showed_goes_on_in_its_forks_and_tags(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let dev = fork(subject, "dev", &View::head(&main)).await;
    commit(subject, &dev, create_table("a", "t", "m")).await;
    let child = fork(subject, "child", &View::head(&dev)).await;
    let kept = tag(subject, "kept", &dev, 1).await;
    let newest = commit(subject, &dev, create_table("a", "u", "m")).await;
    subject.store.delete_branch(&dev, at(1)).await.unwrap();
    assert_eq!(tables(subject, &View::head(&child)).await, ["t"]);
    let shown = resolve(subject, &main, Asked::Name("kept".into())).await.unwrap();
    assert_eq!(shown, Revision { branch: None, view: View::at(&dev, 1) });
    assert_eq!(resolve(subject, &main, Asked::Commit(kept.commit_id)).await, Some(shown.clone()));
    assert_eq!(resolve(subject, &main, Asked::Commit(newest.id)).await, None);
    let again = fork(subject, "dev", &shown.view).await;
    assert_eq!((tables(subject, &View::head(&again)).await, again.upto), (vec!["t".into()], vec![1, 1]));
    let gone = subject.store.create_branch(main.warehouse_id, "x", &View::head(&dev), at(1)).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
    let lost = subject.store.commit(&dev, vec![create_ns("b")], at(1)).await;
    assert!(lost[0].as_ref().is_err_and(crate::CommitError::is_certain_loss), "{lost:?}");
}

pub async fn a_tag_never_moves(subject: &Subject) {
    let main = main_branch(subject).await;
    let first = commit(subject, &main, create_ns("a")).await;
    let v1 = subject.store.create_tag(main.warehouse_id, "v1", &View::head(&main), at(7)).await.unwrap();
    let expected = Tag {
        warehouse_id: main.warehouse_id,
        name: "v1".into(),
        branch_id: main.id,
        seq: 1,
        commit_id: first.id,
        created_at: at(7),
    };
    assert_eq!(v1, expected);
    commit(subject, &main, create_table("a", "t", "m")).await;
    assert_eq!(subject.replica.get_ref(main.warehouse_id, "v1").await.unwrap(), Some(Reference::Tag(v1)));
    let Revision { branch, view } = resolve(subject, &main, Asked::Name("v1".into())).await.unwrap();
    assert_eq!((branch, tables(subject, &view).await), (None, vec![]));
    // A branch without a commit of its own shows its ancestor's newest.
    let dev = fork(subject, "dev", &view).await;
    let inherited = subject.store.create_tag(main.warehouse_id, "v2", &View::head(&dev), at(7)).await.unwrap();
    assert_eq!((inherited.branch_id, inherited.seq, inherited.commit_id), (dev.id, 0, first.id));
    assert!(subject.store.delete_tag(main.warehouse_id, "v1", at(8)).await.unwrap());
    assert!(!subject.store.delete_tag(main.warehouse_id, "v1", at(8)).await.unwrap());
    assert_eq!(subject.replica.get_ref(main.warehouse_id, "v1").await.unwrap(), None);
    // Asked where it was deleted: another replica may answer from memory for a moment.
    let gone = subject.store.resolve(main.warehouse_id, &Asked::Name("v1".into())).await.unwrap();
    assert_eq!(gone, None);
}

pub async fn an_expression_is_a_name_a_time_or_a_commit(subject: &Subject) {
    let main = main_branch(subject).await;
    let (_, pond) = warehouse(subject, "pond").await;
    let mut commits = Vec::new();
    for n in 0..9 {
        // Two at a time have the same one.
        let request = create_ns(&format!("n{n}"));
        let made = subject.store.commit(&main, vec![request], at(100 + n / 2 * 10)).await.remove(0);
        commits.push(made.unwrap());
    }
    let head = Revision { branch: Some(main.clone()), view: View::head(&main) };
    assert_eq!(resolve(subject, &main, Asked::Name("main".into())).await, Some(head));
    assert_eq!(resolve(subject, &main, Asked::Name("dev\0".into())).await, None);
    let past = |seq| Some(Revision { branch: None, view: View::at(&main, seq) });
    for commit in &commits {
        assert_eq!(resolve(subject, &main, Asked::Commit(commit.id)).await, past(commit.seq));
        assert_eq!(resolve(subject, &pond, Asked::Commit(commit.id)).await, None);
    }
    for (seconds, seq) in [(100, 2), (101, 2), (109, 2), (110, 4), (125, 6), (130, 8), (140, 9), (9_999, 9)] {
        let asked = Asked::Time("main".into(), at(seconds));
        assert_eq!(resolve(subject, &main, asked).await, past(seq), "after {seconds} s");
    }
    assert_eq!(resolve(subject, &main, Asked::Time("main".into(), at(99))).await, None);
    assert_eq!(resolve(subject, &main, Asked::Time("dev".into(), at(999))).await, None);
}

pub async fn a_branch_at_a_time_before_it_was_made_is_its_ancestor(subject: &Subject) {
    let main = main_branch(subject).await;
    let on = async |branch: &Branch, name: &str, seconds| {
        subject.store.commit(branch, vec![create_ns(name)], at(seconds)).await.remove(0).unwrap();
    };
    on(&main, "a", 100).await;
    on(&main, "b", 200).await;
    let dev = fork(subject, "dev", &View::head(&main)).await;
    on(&main, "late", 250).await;
    let child = fork(subject, "child", &View::head(&dev)).await;
    on(&dev, "c", 300).await;
    on(&child, "d", 400).await;
    let shown = async |seconds| {
        let revision = resolve(subject, &main, Asked::Time("child".into(), at(seconds))).await?;
        Some((revision.view.lineage, revision.view.upto))
    };
    assert_eq!(shown(99).await, None);
    assert_eq!(shown(150).await, Some((vec![main.id], vec![1])));
    assert_eq!(shown(399).await, Some((vec![main.id], vec![2])));
    assert_eq!(shown(400).await, Some((vec![child.id, dev.id, main.id], vec![1, 0, 2])));
}

pub async fn refs_are_listed_by_name_whatever_the_page_size(subject: &Subject) {
    let main = main_branch(subject).await;
    let lake = main.warehouse_id;
    commit(subject, &main, create_ns("a")).await;
    let (_, pond) = warehouse(subject, "pond").await;
    let (mut branches, mut tags) = (vec![main.clone()], Vec::new());
    for name in ["x", "b", "B", "a/b", "a.b", "zz"] {
        branches.push(subject.store.create_branch(lake, name, &View::head(&main), at(1)).await.unwrap());
        tags.push(tag(subject, &format!("t-{name}"), &main, 1).await);
    }
    branches.sort_by(|a, b| a.name.cmp(&b.name));
    tags.sort_by(|a, b| a.name.cmp(&b.name));
    check(&branches, &[1, 2, 7, 50], async |page| subject.replica.list_branches(lake, &page).await).await;
    check(&tags, &[1, 2, 6, 50], async |page| subject.replica.list_tags(lake, &page).await).await;
    check(&[], &[2], async |page| subject.store.list_tags(pond.warehouse_id, &page).await).await;
}

pub async fn of_equal_names_at_once_one_is_made(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    let view = View::head(&main);
    for round in 0..5 {
        let name = &format!("r{round}");
        let made = join_all((0..8).map(|n| {
            let (store, view, lake) = (subject.either(n / 2), &view, main.warehouse_id);
            async move {
                match n % 2 {
                    0 => store.create_branch(lake, name, view, at(1)).await.map(drop),
                    _ => store.create_tag(lake, name, view, at(1)).await.map(drop),
                }
            }
        }))
        .await;
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1, "{made:?}");
        assert!(made.iter().all(|made| matches!(made, Ok(()) | Err(StoreError::AlreadyExists(_)))), "{made:?}");
    }
}

pub async fn a_fork_made_while_others_commit_shows_one_state(subject: &Subject) {
    let main = main_branch(subject).await;
    commit(subject, &main, create_ns("a")).await;
    // Each commit makes two tables: a state with one of a pair never was.
    let pair = |n: usize| -> CommitRequest {
        let mut both = create_table("a", &format!("l{n:03}"), "m");
        both.operations.extend(create_table("a", &format!("r{n:03}"), "m").operations);
        both
    };
    let write = async {
        for n in 0..40 {
            commit(subject, &main, pair(n)).await;
        }
    };
    let forks = join_all((0..10).map(|n| {
        let (store, view, lake) = (subject.either(n), View::head(&main), main.warehouse_id);
        async move { store.create_branch(lake, &format!("f{n}"), &view, at(1)).await.unwrap() }
    }));
    let ((), forks) = join(write, forks).await;
    for fork in forks {
        let own = tables(subject, &View::head(&fork)).await;
        assert_eq!(own, tables(subject, &View::at(&main, fork.upto[0])).await);
        assert_eq!(own.len(), usize::try_from((fork.upto[0] - 1) * 2).unwrap());
    }
    assert!(look(subject, &main, &table_key("a", "r039")).await.is_some());
}

pub async fn each_change_of_a_ref_is_told(subject: &Subject) {
    let (warehouse, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    let main = subject.store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
    commit(subject, &main, create_ns("a")).await;
    let (store, head, before) = (&subject.store, View::head(&main), all_changes(subject).await.len());
    let dev = store.create_branch(warehouse.id, "dev", &head, at(1)).await.unwrap();
    let next = store.rename_branch(&dev, "next", at(1)).await.unwrap();
    store.protect_branch(&next, true, at(1)).await.unwrap();
    store.create_tag(warehouse.id, "v1", &head, at(1)).await.unwrap();
    store.delete_tag(warehouse.id, "v1", at(1)).await.unwrap();
    store.protect_branch(&next, false, at(1)).await.unwrap();
    store.delete_branch(&next, at(1)).await.unwrap();
    // Refused, and nothing to do.
    let refused: Result<Branch> = store.create_branch(warehouse.id, "main", &head, at(1)).await;
    assert!(refused.is_err());
    store.delete_tag(warehouse.id, "v1", at(1)).await.unwrap();
    store.protect_branch(&main, false, at(1)).await.unwrap();
    let told = all_changes(subject).await.split_off(before);
    let expected = ["dev", "dev", "next", "next", "v1", "v1", "next", "next"];
    let expected: Vec<_> = expected.map(|name| (Topic::Reference, format!("{}/{name}", warehouse.uid))).into();
    assert_eq!(told.into_iter().map(|Change { id: _, topic, key }| (topic, key)).collect::<Vec<_>>(), expected);
}
