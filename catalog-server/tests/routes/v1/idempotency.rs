//! `Idempotency-Key` on every mutation.

use reqwest::Method;
use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab, metadata_files, schema, set};

const KEY: &str = "01a20b0a-605d-745f-8041-fce9fd8568f0";

/// A key of its own for each number.
fn key(n: u32) -> String {
    format!("01a20b0a-605d-745f-8041-{n:012x}")
}

async fn send(api: &Api, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let body = (method == Method::POST).then_some(body);
    api.send(method, path, body, &[("idempotency-key", key)]).await
}

fn view(name: &str) -> Value {
    let version = json!({
        "version-id": 1, "timestamp-ms": 1, "schema-id": 0, "summary": {}, "default-namespace": ["a"],
        "representations": [{"type": "sql", "sql": "SELECT 1", "dialect": "spark"}],
    });
    json!({"name": name, "schema": schema(), "view-version": version, "properties": {}})
}

fn identifier(name: &str) -> Value {
    json!({"namespace": ["a"], "name": name})
}

/// One of each kind, in an order in which each works.
fn mutations(dropped: &Value) -> Vec<(Method, &'static str, Value)> {
    let post = |path, body| (Method::POST, path, body);
    let updates = json!({"requirements": [], "updates": set("x", "1")});
    let change = json!({"identifier": identifier("t"), "requirements": [], "updates": set("x", "2")});
    vec![
        post("/namespaces", json!({"namespace": ["b"], "properties": {"p": "1"}})),
        post("/namespaces/b/properties", json!({"updates": {"q": "2"}, "removals": ["p"]})),
        (Method::DELETE, "/namespaces/b", Value::Null),
        post("/namespaces/a/tables", json!({"name": "t", "schema": schema()})),
        post("/namespaces/a/tables/t", updates.clone()),
        post("/transactions/commit", json!({"table-changes": [change]})),
        post("/tables/rename", json!({"source": identifier("t"), "destination": identifier("u")})),
        post("/namespaces/a/tables/u/unregister", json!({})),
        post("/namespaces/a/register", json!({"name": "r", "metadata-location": dropped})),
        (Method::DELETE, "/namespaces/a/tables/r?purgeRequested=false", Value::Null),
        post("/namespaces/a/views", view("v")),
        post("/namespaces/a/views/v", updates),
        post("/views/rename", json!({"source": identifier("v"), "destination": identifier("w")})),
        (Method::DELETE, "/namespaces/a/views/w", Value::Null),
    ]
}

#[tokio::test]
async fn every_mutation_that_comes_again_is_answered_as_before_and_changes_nothing() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let dropped = api.table("a", "gone").await["metadata-location"].clone();
    api.delete("/namespaces/a/tables/gone").await;
    for (n, (method, path, body)) in mutations(&dropped).into_iter().enumerate() {
        let key = key(u32::try_from(n).unwrap());
        let first = send(&api, &key, method.clone(), path, &body).await;
        assert!(first.status.is_success(), "{path}: {first:?}");
        let files = metadata_files(&lab.path().join("lake")).len();
        for _ in 0..2 {
            let again = send(&api, &key, method.clone(), path, &body).await;
            assert_eq!(again.status, first.status, "{path}: {again:?}");
            for field in ["metadata", "metadata-location", "namespace", "properties", "updated", "removed"] {
                assert_eq!(again.body[field], first.body[field], "{path}");
            }
        }
        assert_eq!(metadata_files(&lab.path().join("lake")).len(), files, "{path}");
    }
}

#[tokio::test]
async fn a_repetition_is_known_after_a_restart_and_its_answer_tells_what_is_there_now() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let body = json!({"name": "t", "schema": schema()});
    let first = send(&api, KEY, Method::POST, "/namespaces/a/tables", &body).await.ok();
    let newer = api.commit("a", "t", json!([]), set("x", "1")).await.ok();
    let lab = lab.restart().await;
    let again = send(&lab.again(&api), KEY, Method::POST, "/namespaces/a/tables", &body).await.ok();
    assert_ne!(again["metadata-location"], first["metadata-location"]);
    assert_eq!(again["metadata"], newer["metadata"]);
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused_but_another_principal_has_its_own() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let make = |name: &str| json!({"namespace": [name]});
    send(&api, KEY, Method::POST, "/namespaces", &make("a")).await.ok();
    for (method, path, body) in [
        (Method::POST, "/namespaces", make("b")),
        (Method::POST, "/namespaces?x=1", make("a")),
        (Method::DELETE, "/namespaces/a", Value::Null),
    ] {
        let answer = send(&api, KEY, method, path, &body).await;
        assert_eq!((answer.error().0, answer.error().1), (422, "UnprocessableEntityException"));
    }
    let privileges = [catalog_api::Privilege::Read, catalog_api::Privilege::Write];
    let other = lab.client("other", &[(&[], &privileges)]).await;
    send(&other, KEY, Method::POST, "/namespaces", &make("b")).await.ok();
}

#[tokio::test]
async fn a_final_refusal_is_repeated_and_one_that_may_pass_is_not() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let table = json!({"name": "t", "schema": schema()});
    let refused = send(&api, &key(1), Method::POST, "/namespaces/a/tables", &table).await;
    assert_eq!((refused.error().0, refused.error().1), (404, "NoSuchNamespaceException"));
    let forbidden = lab.client("reader", &[(&[], &[catalog_api::Privilege::Read])]).await;
    let answer = send(&forbidden, &key(2), Method::POST, "/namespaces", &json!({"namespace": ["a"]})).await;
    assert_eq!(answer.error().0, 403);
    api.namespace(&["a"]).await;
    let again = send(&api, &key(1), Method::POST, "/namespaces/a/tables", &table).await;
    assert_eq!((again.error().0, again.error().1), (404, "NoSuchNamespaceException"), "as it was judged then");
    send(&api, &key(3), Method::POST, "/namespaces/a/tables", &table).await.ok();
    let taken = send(&api, &key(4), Method::POST, "/namespaces/a/tables", &table).await;
    assert_eq!(taken.error().1, "AlreadyExistsException");
    api.delete("/namespaces/a/tables/t").await;
    let taken = send(&api, &key(4), Method::POST, "/namespaces/a/tables", &table).await;
    assert_eq!(taken.error().1, "AlreadyExistsException");
    assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
}

#[tokio::test]
async fn of_equal_requests_at_once_one_is_applied_and_all_are_answered_alike() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let body = json!({"name": "t", "schema": schema()});
    let all = (0..8).map(|_| send(&api, KEY, Method::POST, "/namespaces/a/tables", &body));
    let answers: Vec<Value> = futures::future::join_all(all).await.into_iter().map(Answer::ok).collect();
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(metadata_files(&lab.path().join("lake")).len(), 1);
}

#[tokio::test]
async fn a_staged_table_is_answered_anew_and_what_changes_nothing_is_kept() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let staged = json!({"name": "s", "schema": schema(), "stage-create": true});
    for _ in 0..2 {
        let answer = send(&api, &key(1), Method::POST, "/namespaces/a/tables", &staged).await.ok();
        assert_eq!(answer["metadata-location"], Value::Null);
    }
    api.table("a", "t").await;
    let nothing = json!({"requirements": [], "updates": []});
    send(&api, &key(2), Method::POST, "/namespaces/a/tables/t", &nothing).await.ok();
    send(&api, &key(2), Method::POST, "/namespaces/a/tables/t", &nothing).await.ok();
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_and_reports_and_reads_take_no_notice_of_keys() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let config = api.get("/v1/config?warehouse=lake").await.ok();
    assert_eq!(config["idempotency-key-lifetime"], "PT30M");
    let answer = send(&api, "mine", Method::POST, "/namespaces", &json!({"namespace": ["a"]})).await;
    assert_eq!(answer.error().0, 400);
    assert_eq!(send(&api, "mine", Method::GET, "/namespaces", &Value::Null).await.status, 200);
    let report = json!({"report-type": "scan-report"});
    assert_eq!(send(&api, "mine", Method::POST, "/namespaces/a/tables/t/metrics", &report).await.status, 204);
}
