//! What a run writes, and when it writes nothing.

use std::time::Duration;

use operator::kind::Next;
use serde_json::json;

use crate::life::Death;
use crate::world::{World, secret};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_server_learns_of_a_credential_before_its_reader_and_is_told_after() {
    let world = World::new().await;
    let next = world.look(Death::Never).await.unwrap();
    assert_eq!(world.life.written(), ["finalizers", "put 1", "secret analyst", "confirm 1", "status"]);
    assert!(matches!(next, Next::After(wait) if wait < 2 * HOUR && wait > HOUR), "{next:?}");
    assert!(world.reader_is_let_in("analyst"));
    let secret = world.api.get(&secret("analyst")).unwrap();
    assert_eq!(secret["metadata"]["ownerReferences"][0]["uid"], "t");
    assert_eq!(secret["type"], "Opaque");
    let keys: Vec<_> = secret["data"].as_object().unwrap().keys().collect();
    let engines = ["duckdb.sql", "env", "expires-at", "pyiceberg.yaml", "spark-defaults.conf"];
    assert_eq!(keys, [&engines[..], &["token", "uri", "warehouse"]].concat());
    assert_eq!(world.condition("Ready"), ("True".into(), "Issued".into()));
}

#[tokio::test]
async fn whoever_is_supplied_causes_no_write() {
    let world = World::supplied().await;
    for _ in 0..3 {
        world.pass(HOUR / 2);
        world.look(Death::Never).await.unwrap();
        assert_eq!(world.life.written(), [""; 0]);
    }
}

#[tokio::test]
async fn a_renewal_leaves_the_one_before_to_those_who_have_not_read_yet() {
    let world = World::supplied().await;
    let before = world.held("analyst").unwrap();
    world.pass(2 * HOUR);
    world.look(Death::Never).await.unwrap();
    assert_eq!(world.life.written(), ["put 2", "secret analyst", "confirm 2", "status"]);
    assert!(world.server.takes(&before) && world.reader_is_let_in("analyst"));
    world.pass(HOUR + Duration::from_secs(1));
    assert!(!world.server.takes(&before) && world.reader_is_let_in("analyst"));
}

#[tokio::test]
async fn less_ends_the_one_before_at_once() {
    let world = World::supplied().await;
    let before = world.held("analyst").unwrap();
    world.edit(|token| token["spec"]["grants"][0]["privileges"] = json!(["Read"]));
    world.look(Death::Never).await.unwrap();
    assert!(!world.server.takes(&before) && world.reader_is_let_in("analyst"));
}

#[tokio::test]
async fn a_secret_that_is_deleted_or_damaged_is_issued_again() {
    let world = World::supplied().await;
    world.api.put(&secret("analyst"), serde_json::Value::Null);
    world.look(Death::Never).await.unwrap();
    assert!(world.reader_is_let_in("analyst"));
    let mut damaged = world.api.get(&secret("analyst")).unwrap();
    damaged["data"]["token"] = json!("eA==");
    world.api.put(&secret("analyst"), damaged);
    world.look(Death::Never).await.unwrap();
    assert_eq!(world.server.rows().last().unwrap().revision, 3);
    assert!(world.reader_is_let_in("analyst"));
}

#[tokio::test]
async fn another_file_of_the_secret_is_repaired_without_a_new_credential() {
    let world = World::supplied().await;
    let held = world.held("analyst");
    let mut edited = world.api.get(&secret("analyst")).unwrap();
    edited["data"]["uri"] = json!("eA==");
    edited["immutable"] = json!(true);
    world.api.put(&secret("analyst"), edited);
    world.look(Death::Never).await.unwrap();
    assert_eq!(world.life.written(), ["delete secret analyst", "secret analyst"]);
    assert_eq!(world.held("analyst"), held);
    assert_eq!(world.api.get(&secret("analyst")).unwrap().get("immutable"), None);
}

#[tokio::test]
async fn a_foreign_secret_is_not_touched_and_nothing_is_issued() {
    let world = World::new().await;
    let foreign = json!({"metadata": {"name": "analyst", "namespace": "team"}, "data": {"token": "eA=="}});
    world.api.put(&secret("analyst"), foreign.clone());
    assert_eq!(world.look(Death::Never).await.unwrap_err().reason(), "SecretConflict");
    assert_eq!(world.api.get(&secret("analyst")), Some(foreign));
    assert!(world.server.rows().is_empty());
    assert_eq!(world.condition("Stalled"), ("True".into(), "SecretConflict".into()));
}

#[tokio::test]
async fn a_secret_under_another_name_replaces_the_one_before_and_no_foreign_one() {
    let world = World::supplied().await;
    world.api.put(&secret("mine"), json!({"metadata": {"name": "mine", "namespace": "team"}}));
    world.edit(|token| token["spec"]["secretName"] = json!("other"));
    world.look(Death::Never).await.unwrap();
    let expected = ["put 2", "secret other", "confirm 2", "delete secret analyst", "status"];
    assert_eq!(world.life.written(), expected);
    assert!(world.reader_is_let_in("other") && world.api.get(&secret("mine")).is_some());
}

#[tokio::test]
async fn it_stays_ready_while_the_server_is_away_and_until_the_credential_ends() {
    let world = World::supplied().await;
    world.pass(2 * HOUR);
    world.look(Death::Before(0)).await.unwrap_err();
    assert_eq!(world.condition("Ready"), ("True".into(), "Issued".into()));
    assert!(world.reader_is_let_in("analyst"));
}
