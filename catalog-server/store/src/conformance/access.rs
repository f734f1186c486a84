//! The first read of each request.

use super::Subject;
use super::things::{at, new_token, warehouse};
use crate::{Access, Health};

pub async fn one_call_finds_token_warehouse_and_branch(subject: &Subject) {
    let (lake, main) = warehouse(subject, "lake").await;
    warehouse(subject, "pond").await;
    let (token, _) = subject.store.put_token(new_token("etl", 1), at(0)).await.unwrap();
    let access = subject.store.access(Some("etl-1"), Some("lake"), "main").await.unwrap();
    let Access { token: found, warehouse, branch, database_now: _ } = access;
    assert_eq!((found, warehouse, branch), (Some(token.into()), Some(lake.into()), Some(main)));
}

pub async fn what_is_not_asked_for_or_not_there_is_none(subject: &Subject) {
    let (lake, main) = warehouse(subject, "lake").await;
    subject.store.put_token(new_token("etl", 1), at(0)).await.unwrap();
    for (token_id, name) in [(None, None), (Some("nobody-1"), Some("sea"))] {
        let access = subject.store.access(token_id, name, "main").await.unwrap();
        let Access { token, warehouse, branch, database_now: _ } = access;
        assert_eq!((token, warehouse, branch), (None, None, None));
    }
    let Access { token, warehouse, branch, .. } = subject.store.access(None, Some("lake"), "main").await.unwrap();
    assert_eq!((token, warehouse, branch), (None, Some(lake.into()), Some(main)));
    let Access { token, warehouse, .. } = subject.store.access(Some("etl-1"), None, "main").await.unwrap();
    assert_eq!((token.unwrap().token_id.as_str(), warehouse), ("etl-1", None));
}

pub async fn a_branch_is_looked_for_only_in_the_warehouse_that_was_asked_for(subject: &Subject) {
    let (lake, _) = warehouse(subject, "lake").await;
    let (_, main_of_pond) = warehouse(subject, "pond").await;
    let nowhere = subject.store.access(None, None, "main").await.unwrap();
    assert_eq!(nowhere.branch, None);
    let in_pond = subject.store.access(None, Some("pond"), "main").await.unwrap();
    assert_eq!(in_pond.branch, Some(main_of_pond));
    let unknown = subject.store.access(None, Some("lake"), "dev").await.unwrap();
    assert_eq!((unknown.warehouse, unknown.branch), (Some(lake.into()), None));
}

pub async fn a_revoked_and_an_expired_token_are_found_too(subject: &Subject) {
    subject.store.put_token(new_token("gone", 1), at(0)).await.unwrap();
    subject.store.revoke_tokens("gone", at(5)).await.unwrap();
    let token = subject.store.access(Some("gone-1"), None, "main").await.unwrap().token.unwrap();
    assert_eq!((token.revoked_at, token.expires_at), (Some(at(5)), at(3600)));
}

pub async fn the_databases_clock_goes_forward(subject: &Subject) {
    let first = subject.store.access(None, None, "main").await.unwrap().database_now;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let second = subject.replica.access(None, None, "main").await.unwrap().database_now;
    assert!(at(0) < first, "{first} is long past");
    assert!(first < second, "{second} comes after {first}");
}

pub async fn the_database_is_ready(subject: &Subject) {
    assert_eq!(subject.store.health().await.unwrap(), Health::Ready);
}
