//! `POST /v1/{prefix}/transactions/commit`

use catalog_api::Privilege;
use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab, metadata_files, schema, set};

fn change(name: &str, requirements: Value, updates: Value) -> Value {
    let mut change = json!({"identifier": {"namespace": ["a"], "name": name}});
    change["requirements"] = requirements;
    change["updates"] = updates;
    change
}

async fn commit(api: &Api, changes: &[Value]) -> Answer {
    api.post("/transactions/commit", &json!({"table-changes": changes})).await
}

async fn property(api: &Api, name: &str) -> Value {
    api.get(&format!("/namespaces/a/tables/{name}")).await.ok()["metadata"]["properties"]["x"].clone()
}

async fn lake() -> (Lab, Api) {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.table("a", "u").await;
    (lab, api)
}

#[tokio::test]
async fn several_tables_change_together_and_one_may_be_made() {
    let (lab, api) = lake().await;
    let staged = json!({"name": "new", "schema": schema(), "stage-create": true});
    let staged = api.post("/namespaces/a/tables", &staged).await.ok();
    let metadata = &staged["metadata"];
    let first = json!([
        {"action": "assign-uuid", "uuid": metadata["table-uuid"]},
        {"action": "upgrade-format-version", "format-version": 2},
        {"action": "add-schema", "schema": schema()},
        {"action": "set-current-schema", "schema-id": -1},
        {"action": "add-spec", "spec": {"spec-id": 0, "fields": []}},
        {"action": "set-default-spec", "spec-id": -1},
        {"action": "add-sort-order", "sort-order": {"order-id": 0, "fields": []}},
        {"action": "set-default-sort-order", "sort-order-id": -1},
        {"action": "set-location", "location": metadata["location"]},
        {"action": "set-properties", "updates": {"x": "3"}},
    ]);
    let create = json!([{"type": "assert-create"}]);
    let changes = [
        change("u", json!([]), set("x", "2")),
        change("new", create, first),
        change("t", json!([{"type": "assert-current-schema-id", "current-schema-id": 0}]), set("x", "1")),
    ];
    assert_eq!(commit(&api, &changes).await.status, 204);
    assert_eq!([property(&api, "t").await, property(&api, "u").await, property(&api, "new").await], ["1", "2", "3"]);
    assert_eq!(metadata_files(&lab.path().join("lake")).len(), 5);
}

#[tokio::test]
async fn if_one_table_cannot_change_none_does() {
    let (lab, api) = lake().await;
    let uuid = "00000000-0000-0000-0000-000000000001";
    for (bad, code, kind) in [
        (
            change("t", json!([{"type": "assert-table-uuid", "uuid": uuid}]), set("x", "1")),
            409,
            "CommitFailedException",
        ),
        (change("t", json!([{"type": "assert-create"}]), set("x", "1")), 409, "CommitFailedException"),
        (change("gone", json!([]), set("x", "1")), 404, "NoSuchTableException"),
        (change("t", json!([]), json!([{"action": "paint"}])), 400, "BadRequestException"),
        (change("t", json!([]), json!([{"action": "set-current-schema", "schema-id": 9}])), 400, "ValidationException"),
        (change("t", json!([]), set("s3.secret-access-key", "hunter2")), 400, "ValidationException"),
        (change("u", json!([]), set("x", "2")), 400, "BadRequestException"),
        (json!({"updates": []}), 400, "BadRequestException"),
    ] {
        let answer = commit(&api, &[change("u", json!([]), set("x", "1")), bad.clone()]).await;
        assert_eq!((answer.error().0, answer.error().1), (code, kind), "{bad}");
        let name = bad["identifier"]["name"].as_str().map_or("no identifier".to_owned(), |name| format!("a.{name}"));
        assert!(answer.error().2.contains(&name), "{bad}: {answer:?} does not name the table");
    }
    assert_eq!(property(&api, "u").await, Value::Null);
    assert_eq!(metadata_files(&lab.path().join("lake")).len(), 2, "nothing is left behind");
    assert_eq!(commit(&api, &[]).await.status, 204);
}

#[tokio::test]
async fn two_tables_cannot_begin_to_share_a_directory() {
    let (lab, api) = lake().await;
    let shared = set("write.metadata.path", &lab.location("lake/shared"));
    let answer = commit(&api, &[change("t", json!([]), shared.clone()), change("u", json!([]), shared)]).await;
    assert_eq!(answer.error().0, 400);
    assert_eq!(metadata_files(&lab.path().join("lake")).len(), 2);
}

#[tokio::test]
async fn every_namespace_of_a_transaction_has_to_be_writable() {
    let (lab, _) = lake().await;
    let other = lab.client("other", &[(&["b"], &[Privilege::Read, Privilege::Write])]).await;
    assert_eq!(commit(&other, &[change("t", json!([]), set("x", "1"))]).await.error().0, 403);
}

/// Each moves one unit between two counters; whoever loses tries again from what is there.
#[tokio::test]
async fn transactions_that_overlap_are_serialised_and_never_wait_in_a_circle() {
    let (_lab, api) = lake().await;
    commit(&api, &[change("t", json!([]), set("x", "0")), change("u", json!([]), set("x", "0"))]).await.ok();
    let writer = |names: [&'static str; 2]| {
        let api = api.clone();
        async move {
            for round in 0..10 {
                let changes = names.map(|name| change(name, json!([]), set("x", &format!("{round}-{}", names[0]))));
                let answer = commit(&api, &changes).await;
                assert_eq!(answer.status, 204, "{answer:?}");
                // Whatever is read of one transaction is of all of it, unless another came between.
            }
        }
    };
    futures::future::join(writer(["t", "u"]), writer(["u", "t"])).await;
    assert_eq!(property(&api, "t").await, property(&api, "u").await, "the last transaction wrote both");
}
