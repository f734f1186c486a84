//! Files that are written before the commit that is to name them.

use futures::join;
use uuid::Uuid;

use super::Subject;
use super::chance::rounds;
use super::things::warehouse;
use crate::Intent;

/// A commit's id; ordered by the number.
fn commit(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn intend(subject: &Subject, warehouse_id: i64, number: u128, locations: &[&str]) {
    let locations: Vec<String> = locations.iter().map(|location| (*location).to_owned()).collect();
    subject.store.intend(warehouse_id, commit(number), &locations).await.unwrap();
}

/// All that the commits below `before` intend, a few at a time.
async fn told(subject: &Subject, warehouse_id: i64, before: u128) -> Vec<(u128, String)> {
    let mut all: Vec<Intent> = Vec::new();
    loop {
        let page = subject.replica.intents(warehouse_id, commit(before), all.last(), 2).await.unwrap();
        let full = page.len() == 2;
        all.extend(page);
        if !full {
            return all.into_iter().map(|one| (one.commit_id.as_u128(), one.location)).collect();
        }
    }
}

pub async fn old_intents_of_a_warehouse_are_told_in_pages(subject: &Subject) {
    let (lake, _) = warehouse(subject, "lake").await;
    let (pond, _) = warehouse(subject, "pond").await;
    assert_eq!(told(subject, lake.id, u128::MAX).await, []);
    intend(subject, lake.id, 3, &["c", "a", "b"]).await;
    intend(subject, lake.id, 1, &["d"]).await;
    intend(subject, lake.id, 9, &["young"]).await;
    intend(subject, pond.id, 2, &["another warehouse's"]).await;
    let old = [(1, "d"), (3, "a"), (3, "b"), (3, "c")].map(|(number, location)| (number, location.to_owned()));
    assert_eq!(told(subject, lake.id, 9).await, old);
}

pub async fn an_intent_is_forgotten_once(subject: &Subject) {
    let (lake, _) = warehouse(subject, "lake").await;
    intend(subject, lake.id, 1, &["a", "b", "c"]).await;
    assert!(subject.store.condemn_intent("b").await.unwrap());
    subject.store.forget_intents(&["a".to_owned(), "b".to_owned()]).await.unwrap();
    subject.store.forget_intents(&["a".to_owned(), "never there".to_owned()]).await.unwrap();
    assert_eq!(told(subject, lake.id, u128::MAX).await, [(1, "c".to_owned())]);
}

pub async fn a_file_is_condemned_or_withdrawn_and_never_both(subject: &Subject) {
    let (lake, _) = warehouse(subject, "lake").await;
    assert!(subject.store.withdraw_intent("never there").await.unwrap());
    assert!(!subject.store.condemn_intent("never there").await.unwrap());
    for round in 0..rounds(40) {
        let location = format!("s3://b/{round}.json");
        intend(subject, lake.id, 1, &[&location]).await;
        let (condemned, withdrawn) =
            join!(subject.store.condemn_intent(&location), subject.replica.withdraw_intent(&location));
        let condemned = condemned.unwrap();
        assert_eq!(condemned, !withdrawn.unwrap(), "round {round}");
        // Whoever was first stays it.
        assert_eq!(subject.replica.condemn_intent(&location).await.unwrap(), condemned);
        assert_eq!(subject.store.withdraw_intent(&location).await.unwrap(), !condemned);
    }
}
