//! Warehouses and their branches.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;

use super::Subject;
use super::pages::check;
use super::things::{all_changes, at, put_warehouse, warehouse};
use crate::{Branch, PutOutcome, PutWarehouse, StoreError, Warehouse, Window};

pub async fn a_put_makes_the_warehouse_and_its_branch_main(subject: &Subject) {
    let put = put_warehouse("lake");
    let (warehouse, outcome) = subject.store.put_warehouse(put.clone(), at(7)).await.unwrap();
    assert_eq!(outcome, PutOutcome::Created);
    assert_eq!((warehouse.uid, warehouse.created_at, warehouse.version), (put.uid, at(7), 1));
    let main = subject.store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
    let Branch { id: _, warehouse_id, name, protected, lineage, upto } = main;
    assert_eq!((warehouse_id, name.as_str(), protected), (warehouse.id, "main", false));
    assert_eq!((lineage, upto), (vec![], vec![]));
}

pub async fn what_was_put_is_what_is_read(subject: &Subject) {
    let put = PutWarehouse {
        profile: json!({"deep": {"list": [1, 2.5, null, true, "ü \u{1f600} \\ \" '"]}, "empty": {}}),
        credential: Some((0..=255).collect()),
        retention: Some(Window { age: Duration::from_secs(86_400), commits: u32::MAX }),
        owner_uid: "0ab1-é".into(),
        namespace: "team-é".into(),
        ..put_warehouse("lake")
    };
    let (written, _) = subject.store.put_warehouse(put.clone(), at(0)).await.unwrap();
    let read = subject.replica.get_warehouse("lake").await.unwrap().unwrap();
    assert_eq!(read, written);
    assert_eq!(subject.store.warehouse_of(read.id + 1).await.unwrap(), None);
    let PutWarehouse {
        uid,
        name,
        location,
        profile,
        credential,
        retention,
        revision,
        owner_uid,
        namespace,
        take_over: _,
    } = put;
    assert_eq!((read.uid, read.name, read.location), (uid, name, location));
    assert_eq!((read.profile, read.credential, read.revision), (profile, credential, revision));
    assert_eq!((read.retention, subject.store.warehouse_of(read.id).await.unwrap()), (retention, Some(written)));
    assert_eq!((read.owner_uid, read.namespace), (Some(owner_uid), namespace));
    let bare = PutWarehouse { credential: None, ..put_warehouse("bare") };
    assert_eq!(subject.store.put_warehouse(bare, at(0)).await.unwrap().0.credential, None);
    assert_eq!(subject.store.get_warehouse("sea").await.unwrap(), None);
}

pub async fn the_same_put_again_changes_nothing(subject: &Subject) {
    let (first, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    let before = all_changes(subject).await;
    let (second, outcome) = subject.replica.put_warehouse(put_warehouse("lake"), at(1)).await.unwrap();
    assert_eq!((outcome, second), (PutOutcome::Unchanged, first));
    assert_eq!(all_changes(subject).await, before);
}

pub async fn a_put_with_another_revision_updates_the_row(subject: &Subject) {
    let (first, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    let put = PutWarehouse {
        revision: "r2".into(),
        profile: json!({"region": "us"}),
        credential: Some(b"sealed again".to_vec()),
        retention: Some(Window { age: Duration::from_secs(60), commits: 0 }),
        ..put_warehouse("lake")
    };
    let (second, outcome) = subject.store.put_warehouse(put.clone(), at(1)).await.unwrap();
    assert_eq!(outcome, PutOutcome::Updated);
    let expected = Warehouse {
        revision: put.revision,
        profile: put.profile,
        credential: put.credential,
        retention: put.retention,
        version: first.version + 1,
        ..first
    };
    assert_eq!(second, expected);
    assert_eq!(subject.replica.get_warehouse("lake").await.unwrap(), Some(expected));
}

pub async fn a_live_other_owner_is_not_robbed_unless_it_is_asked_for(subject: &Subject) {
    let (mine, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    let theirs = PutWarehouse { owner_uid: "thief".into(), revision: "r9".into(), ..put_warehouse("lake") };
    let refused = subject.store.put_warehouse(theirs.clone(), at(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused:?}");
    assert_eq!(refused.to_string(), "warehouse lake belongs to another resource");
    assert_eq!(subject.store.get_warehouse("lake").await.unwrap(), Some(mine.clone()));
    let forced = PutWarehouse { take_over: true, ..theirs };
    let (taken, outcome) = subject.store.put_warehouse(forced, at(2)).await.unwrap();
    assert_eq!((outcome, taken.owner_uid.as_deref()), (PutOutcome::Adopted, Some("thief")));
    assert_eq!((taken.id, taken.uid, taken.version), (mine.id, mine.uid, mine.version + 1));
}

pub async fn take_over_across_namespaces_is_refused(subject: &Subject) {
    let (mine, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    for take_over in [false, true] {
        let theirs =
            PutWarehouse { owner_uid: "other".into(), namespace: "others".into(), take_over, ..put_warehouse("lake") };
        let refused = subject.store.put_warehouse(theirs, at(1)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused:?}");
        assert!(refused.to_string().contains("in another namespace"), "{refused}");
    }
    assert_eq!(subject.store.get_warehouse("lake").await.unwrap(), Some(mine));
}

pub async fn replicas_agree_on_the_catalogs_uid(subject: &Subject) {
    let uid = subject.store.catalog_uid().await.unwrap();
    assert_eq!(subject.replica.catalog_uid().await.unwrap(), uid);
    assert!(!uid.is_nil());
}

pub async fn a_detached_warehouse_is_adopted_by_the_next_owner(subject: &Subject) {
    let (mine, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    assert!(subject.store.detach_warehouse("lake", "owner of lake", at(1)).await.unwrap());
    let alone = subject.store.get_warehouse("lake").await.unwrap().unwrap();
    assert_eq!((alone.owner_uid.clone(), alone.version), (None, mine.version + 1));
    // The same revision: whose it is has changed all the same.
    // The deletion of the owner was the consent that another namespace needs.
    let next = PutWarehouse { owner_uid: "heir".into(), namespace: "heirs".into(), ..put_warehouse("lake") };
    let (adopted, outcome) = subject.store.put_warehouse(next, at(2)).await.unwrap();
    assert_eq!((outcome, adopted.owner_uid.as_deref()), (PutOutcome::Adopted, Some("heir")));
    assert_eq!(adopted.namespace, "heirs");
    assert_eq!((adopted.id, adopted.uid, adopted.created_at), (mine.id, mine.uid, mine.created_at));
    assert!(adopted.version > alone.version);
}

pub async fn only_its_owner_detaches_a_warehouse(subject: &Subject) {
    let (mine, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    let before = all_changes(subject).await;
    assert!(!subject.store.detach_warehouse("lake", "thief", at(1)).await.unwrap());
    assert!(!subject.store.detach_warehouse("sea", "owner of lake", at(1)).await.unwrap());
    assert_eq!(subject.store.get_warehouse("lake").await.unwrap(), Some(mine));
    assert_eq!(all_changes(subject).await, before);
    assert!(subject.store.detach_warehouse("lake", "owner of lake", at(1)).await.unwrap());
    assert!(!subject.store.detach_warehouse("lake", "owner of lake", at(1)).await.unwrap());
}

pub async fn a_location_cannot_be_changed(subject: &Subject) {
    let (before, _) = subject.store.put_warehouse(put_warehouse("lake"), at(0)).await.unwrap();
    let moved = PutWarehouse { location: "s3://elsewhere/".into(), revision: "r2".into(), ..put_warehouse("lake") };
    let refused = subject.store.put_warehouse(moved, at(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused:?}");
    assert_eq!(refused.to_string(), "warehouse lake exists with another location, which cannot be changed");
    assert_eq!(subject.store.get_warehouse("lake").await.unwrap(), Some(before));
}

pub async fn locations_of_warehouses_never_overlap(subject: &Subject) {
    let put = |name: &str, location: &str| PutWarehouse { location: location.into(), ..put_warehouse(name) };
    subject.store.put_warehouse(put("lake", "s3://b/a_b/"), at(0)).await.unwrap();
    for (name, location) in [("equal", "s3://b/a_b/"), ("below", "s3://b/a_b/c/"), ("above", "s3://b/")] {
        let refused = subject.store.put_warehouse(put(name, location), at(1)).await.unwrap_err();
        assert!(matches!(refused, StoreError::AlreadyExists(_)), "{name}: {refused:?}");
        let text = format!("a warehouse whose location overlaps with {location} exists already");
        assert_eq!(refused.to_string(), text);
        assert_eq!(subject.store.get_warehouse(name).await.unwrap(), None);
    }
    for (name, location) in [("longer", "s3://b/a_bc/"), ("wild", "s3://b/axb/"), ("other", "s3://bb/a_b/")] {
        subject.store.put_warehouse(put(name, location), at(1)).await.unwrap();
    }
}

pub async fn of_equal_puts_at_once_one_creates(subject: &Subject) {
    let puts = (0..8).map(|n| {
        let store = subject.either(n);
        store.put_warehouse(put_warehouse("lake"), at(0))
    });
    let results: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
    let created: Vec<_> = results.iter().filter(|(_, outcome)| *outcome == PutOutcome::Created).collect();
    assert_eq!(created.len(), 1);
    assert!(results.iter().all(|(warehouse, _)| *warehouse == created[0].0));
    assert_eq!(subject.store.count_warehouses().await.unwrap(), 1);
}

pub async fn of_overlapping_puts_at_once_one_wins(subject: &Subject) {
    let puts = ["s3://b/", "s3://b/c/", "s3://b/c/d/", "s3://b/c/d/e/"].into_iter().enumerate().map(|(n, location)| {
        let store = subject.either(n);
        store.put_warehouse(PutWarehouse { location: location.into(), ..put_warehouse(&format!("w{n}")) }, at(0))
    });
    let results = join_all(puts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().all(|r| matches!(r, Ok(_) | Err(StoreError::AlreadyExists(_)))), "{results:?}");
}

pub async fn warehouses_are_listed_by_name_whatever_the_page_size(subject: &Subject) {
    check(&[], &[3], async |page| subject.store.list_warehouses(&page).await).await;
    let mut all = Vec::new();
    for n in [7, 3, 11, 0, 5, 10, 1, 2] {
        all.push(warehouse(subject, &format!("w{n}")).await.0);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    check(&all, &[1, 2, 3, 7, 8, 9, 1000], async |page| subject.replica.list_warehouses(&page).await).await;
    assert_eq!(subject.store.count_warehouses().await.unwrap(), 8);
}

pub async fn branches_are_listed_of_one_warehouse_only(subject: &Subject) {
    let (lake, main) = warehouse(subject, "lake").await;
    let (pond, main_of_pond) = warehouse(subject, "pond").await;
    assert_ne!(main.id, main_of_pond.id);
    check(&[main], &[1, 5], async |page| subject.store.list_branches(lake.id, &page).await).await;
    check(&[main_of_pond], &[1, 5], async |page| subject.store.list_branches(pond.id, &page).await).await;
    assert_eq!(subject.store.get_branch(lake.id, "dev").await.unwrap(), None);
    assert_eq!(subject.store.get_branch(lake.id + pond.id, "main").await.unwrap(), None);
}
