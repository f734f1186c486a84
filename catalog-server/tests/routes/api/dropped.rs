//! `/api/v1/warehouses/{warehouse}/dropped` and `…/undrop`

use std::time::Duration;

use catalog_api::Privilege::{Read, Write};
use catalog_server::settings::Retention;
use reqwest::Method;
use serde_json::{Value, json};

use super::{field, tree};
use crate::lab::{Api, Lab, set};

async fn manager(lab: &Lab) -> Api {
    let api = lab.manager().await;
    api.namespace(&["a"]).await;
    api
}

fn undrop(name: &str, more: &Value) -> Value {
    let mut body = json!({"kind": "table", "namespace": ["a"], "name": name});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn dropped(api: &Api, query: &str) -> Value {
    api.get(&tree(&format!("/dropped{query}"))).await.ok()
}

async fn tables(api: &Api) -> Vec<String> {
    let listed = api.get("/namespaces/a/tables").await.ok();
    listed["identifiers"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_was_dropped_is_listed_and_comes_back_as_it_was() {
    let lab = Lab::start().await;
    let api = manager(&lab).await;
    let created = api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("p", "x")).await.ok();
    api.delete("/namespaces/a/tables/t").await.ok();
    let list = dropped(&api, "").await;
    let gone = &list["items"][0];
    assert_eq!((&gone["kind"], &gone["namespace"], &gone["name"]), (&json!("table"), &json!(["a"]), &json!("t")));
    assert_eq!(gone["dropped_by"]["message"], "drop table a.t");
    assert_eq!(field(&dropped(&api, "?namespace=a").await, "name"), ["t"]);
    assert_eq!(field(&dropped(&api, "?namespace=b").await, "name"), [""; 0]);

    let back = api.post(&tree("/undrop"), &undrop("t", &json!({}))).await.ok();
    assert_eq!((&back["name"], &back["content"]["id"]), (&json!("t"), &gone["content"]["id"]));
    assert_eq!(back["commit"]["origin"], json!({"commit": gone["dropped_by"]["id"]}));
    assert_eq!(back["content"]["commit"], back["commit"]["id"]);
    let loaded = api.get("/namespaces/a/tables/t").await.ok();
    assert_eq!(
        (&loaded["metadata-location"], &loaded["metadata"]["properties"]["p"]),
        (&back["content"]["metadata_location"], &json!("x"))
    );
    assert_eq!(field(&dropped(&api, "").await, "name"), [""; 0]);
    // It holds its location again.
    let at = json!({"name": "x", "schema": crate::lab::schema(), "location": created["metadata"]["location"]});
    assert_eq!(api.post("/namespaces/a/tables", &at).await.error().0, 400);
    assert_eq!(api.post(&tree("/undrop"), &undrop("t", &json!({}))).await.error().0, 409);
}

#[tokio::test]
async fn a_name_that_is_taken_wants_another_one_and_each_drop_can_be_named() {
    let lab = Lab::start().await;
    let api = manager(&lab).await;
    let mut drops = Vec::new();
    for _ in 0..2 {
        api.table("a", "t").await;
        api.delete("/namespaces/a/tables/t").await.ok();
        drops.push(dropped(&api, "").await["items"][0].clone());
    }
    api.table("a", "t").await;
    let first = drops[0]["dropped_by"]["id"].clone();
    for more in [json!({}), json!({"commit": first})] {
        assert_eq!(api.post(&tree("/undrop"), &undrop("t", &more)).await.error().1, "AlreadyExistsException");
    }
    let another = |more: Value| {
        let mut body = undrop("t", &json!({"commit": first}));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let nowhere = another(json!({"as": {"namespace": ["nowhere"], "name": "t"}}));
    assert_eq!(api.post(&tree("/undrop"), &nowhere).await.error().1, "NoSuchNamespaceException");
    let renamed = another(json!({"as": {"namespace": ["a"], "name": "older"}}));
    let back = api.post(&tree("/undrop"), &renamed).await.ok();
    assert_eq!((&back["name"], &back["content"]["id"]), (&json!("older"), &drops[0]["content"]["id"]));
    assert_eq!(tables(&api).await, ["older", "t"]);
    // It is not there twice.
    let twice = another(json!({"as": {"namespace": ["a"], "name": "twice"}}));
    let refused = api.post(&tree("/undrop"), &twice).await;
    assert_eq!(refused.error().2, "a.twice cannot come back: it is there already, as a.older");
}

#[tokio::test]
async fn what_was_renamed_is_not_gone_and_what_was_never_there_does_not_come_back() {
    let lab = Lab::start().await;
    let api = manager(&lab).await;
    api.table("a", "t").await;
    let name = |name: &str| json!({"namespace": ["a"], "name": name});
    api.post("/tables/rename", &json!({"source": name("t"), "destination": name("u")})).await.ok();
    assert_eq!(field(&dropped(&api, "").await, "name"), [""; 0]);
    assert_eq!(api.post(&tree("/undrop"), &undrop("t", &json!({}))).await.error().0, 409);
    let head = api.get(&tree("/refs/main")).await.ok()["commit"].clone();
    for (status, body) in [
        (404, undrop("never", &json!({}))),
        (404, undrop("u", &json!({"commit": head}))),
        (404, undrop("u", &json!({"commit": "0191d2c4-7b1c-7000-8000-000000000000"}))),
        (404, undrop("t", &json!({"kind": "view"}))),
        (404, undrop("t", &json!({"ref": "nowhere"}))),
        (400, undrop("t", &json!({"ref": head}))),
        (400, undrop("", &json!({}))),
        (400, undrop("t", &json!({"kind": "index"}))),
        (400, undrop("t", &json!({"when": "now"}))),
    ] {
        assert_eq!(api.post(&tree("/undrop"), &body).await.error().0, status, "{body}");
    }
    assert_eq!(api.get(&tree("/dropped?ref=nowhere")).await.error().0, 404);
    assert_eq!(api.get(&tree("/dropped?namespace=%1F")).await.error().0, 400);
}

#[tokio::test]
async fn a_namespace_comes_back_with_its_properties_and_a_view_with_its_versions() {
    let lab = Lab::start().await;
    let api = manager(&lab).await;
    api.post("/namespaces", &json!({"namespace": ["b"], "properties": {"owner": "me"}})).await.ok();
    api.delete("/namespaces/b").await.ok();
    let body = json!({"kind": "namespace", "namespace": [], "name": "b"});
    api.post(&tree("/undrop"), &body).await.ok();
    assert_eq!(api.get("/namespaces/b").await.ok()["properties"]["owner"], "me");
    let version = json!({"version-id": 1, "timestamp-ms": 0, "schema-id": 0, "summary": {}, "default-namespace": ["a"],
        "representations": [{"type": "sql", "sql": "SELECT 1", "dialect": "spark"}]});
    let view = json!({"name": "v", "schema": crate::lab::schema(), "view-version": version, "properties": {}});
    let made = api.post("/namespaces/a/views", &view).await.ok();
    api.delete("/namespaces/a/views/v").await.ok();
    assert_eq!(dropped(&api, "").await["items"][0]["kind"], "view");
    api.post(&tree("/undrop"), &undrop("v", &json!({"kind": "view"}))).await.ok();
    assert_eq!(api.get("/namespaces/a/views/v").await.ok()["metadata"], made["metadata"]);
}

#[tokio::test]
async fn a_purge_that_has_not_begun_is_taken_back() {
    let keep = |settings: &mut catalog_server::Settings| {
        settings.retention = Retention { commits: 1, ..Retention::default() };
        settings.sweeps.purge_interval = Duration::from_millis(50);
    };
    let lab = Lab::with(keep).await;
    let api = manager(&lab).await;
    let created = api.table("a", "t").await;
    let file = crate::lab::file(&created["metadata-location"]);
    api.delete("/namespaces/a/tables/t?purgeRequested=true").await.ok();
    api.post(&tree("/undrop"), &undrop("t", &json!({}))).await.ok();
    // The window is over, and the table is there.
    api.table("a", "later").await;
    api.table("a", "latest").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(file.exists());
    api.get("/namespaces/a/tables/t").await.ok();
    // Dropped without a purge, it keeps its files although it was once dropped with one.
    api.delete("/namespaces/a/tables/t").await.ok();
    api.table("a", "last").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(file.exists());
}

#[tokio::test]
async fn what_was_purged_does_not_come_back() {
    let lab = Lab::with(|settings| settings.sweeps.purge_interval = Duration::from_millis(50)).await;
    let api = manager(&lab).await;
    let created = api.table("a", "t").await;
    let file = crate::lab::file(&created["metadata-location"]);
    api.delete("/namespaces/a/tables/t?purgeRequested=true").await.ok();
    for _ in 0..200 {
        if !file.exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let refused = api.post(&tree("/undrop"), &undrop("t", &json!({}))).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (409, "ConflictException"));
    assert!(message.starts_with("a.t cannot come back"), "{message}");
    let drop = dropped(&api, "").await["items"][0]["dropped_by"]["id"].clone();
    let revert = api.post(&tree("/revert"), &json!({"commit": drop, "into": "main"})).await;
    assert_eq!((revert.error().0, revert.error().1), (409, "ConflictException"));
    assert_eq!(tables(&api).await, [""; 0]);
}

#[tokio::test]
async fn undropping_is_for_those_who_manage_and_listing_for_those_who_read() {
    let lab = Lab::start().await;
    let api = manager(&lab).await;
    api.namespace(&["b"]).await;
    for ns in ["a", "b"] {
        api.table(ns, "t").await;
        api.delete(&format!("/namespaces/{ns}/tables/t")).await.ok();
    }
    let reader = lab.client("reader", &[(&["b"], &[Read, Write])]).await;
    assert_eq!(dropped(&reader, "").await["items"][0]["namespace"], json!(["b"]));
    assert_eq!(field(&dropped(&reader, "").await, "name"), ["t"]);
    assert_eq!(reader.post(&tree("/undrop"), &undrop("t", &json!({}))).await.error().1, "ForbiddenException");
    let pages = dropped(&api, "?page_size=1").await;
    let token = pages["next_page_token"].as_str().unwrap();
    assert_eq!(dropped(&api, &format!("?page_size=1&page_token={token}")).await["items"][0]["namespace"], json!(["b"]));
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_as_before() {
    let lab = Lab::start().await;
    let api = manager(&lab).await;
    api.table("a", "t").await;
    api.delete("/namespaces/a/tables/t").await.ok();
    let key = [("Idempotency-Key", "01a20b0a-605d-745f-8041-fce9fd8568f0")];
    let send = async || api.send(Method::POST, &tree("/undrop"), Some(&undrop("t", &json!({}))), &key).await.ok();
    let first = send().await;
    api.delete("/namespaces/a/tables/t").await.ok();
    assert_eq!(send().await, first);
    assert_eq!(tables(&api).await, [""; 0]);
}
