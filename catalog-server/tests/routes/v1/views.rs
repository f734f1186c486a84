//! `/v1/{prefix}/namespaces/{namespace}/views/…`

use catalog_api::Privilege;
use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab, file, schema};

fn version(id: i32, sql: &str) -> Value {
    json!({
        "version-id": id, "timestamp-ms": 1_700_000_000_000_i64, "schema-id": 0, "summary": {"engine-name": "test"},
        "default-namespace": ["a"], "representations": [{"type": "sql", "sql": sql, "dialect": "spark"}],
    })
}

async fn create(api: &Api, name: &str) -> Answer {
    let body =
        json!({"name": name, "schema": schema(), "view-version": version(1, "SELECT 1"), "properties": {"x": "1"}});
    api.post("/namespaces/a/views", &body).await
}

async fn rename(api: &Api, from: &str, to: (&str, &str)) -> Answer {
    let name = |(ns, name): (&str, &str)| json!({"namespace": [ns], "name": name});
    api.post("/views/rename", &json!({"source": name(("a", from)), "destination": name(to)})).await
}

async fn lake() -> (Lab, Api) {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    (lab, api)
}

#[tokio::test]
async fn a_view_is_made_loaded_replaced_and_dropped() {
    let (lab, api) = lake().await;
    let made = create(&api, "v").await.ok();
    assert!(file(&made["metadata-location"]).exists());
    assert_eq!(made["metadata"]["current-version-id"], 1);
    assert_eq!(api.get("/namespaces/a/views/v").await.ok(), made);
    assert_eq!(api.head("/namespaces/a/views/v").await, 204);

    let updates = json!([
        {"action": "add-view-version", "view-version": version(2, "SELECT 2")},
        {"action": "set-current-view-version", "view-version-id": -1},
    ]);
    let requirements = json!([{"type": "assert-view-uuid", "uuid": made["metadata"]["view-uuid"]}]);
    let body = json!({"requirements": requirements, "updates": updates});
    let replaced = api.post("/namespaces/a/views/v", &body).await.ok();
    assert_eq!(replaced["metadata"]["current-version-id"], 2);
    assert_eq!(replaced["metadata"]["versions"].as_array().unwrap().len(), 2);
    let other = lab.restart().await;
    let api = other.again(&api);
    assert_eq!(api.get("/namespaces/a/views/v").await.ok(), replaced);

    assert_eq!(api.delete("/namespaces/a/views/v").await.status, 204);
    assert_eq!(api.head("/namespaces/a/views/v").await, 404);
    assert_eq!(api.delete("/namespaces/a/views/v").await.error().2, "View does not exist: a.v");
    assert!(file(&replaced["metadata-location"]).exists(), "earlier versions of the tree still name it");
}

#[tokio::test]
async fn a_view_and_a_table_cannot_have_one_name_and_are_no_substitute_for_each_other() {
    let (_lab, api) = lake().await;
    api.table("a", "t").await;
    create(&api, "v").await.ok();
    let taken = |answer: Answer| (answer.error().0, answer.error().2.to_owned());
    assert_eq!(taken(create(&api, "v").await), (409, "View already exists: a.v".into()));
    assert_eq!(taken(create(&api, "t").await), (409, "Table with same name already exists: a.t".into()));
    let table = json!({"name": "v", "schema": schema()});
    let answer = api.post("/namespaces/a/tables", &table).await;
    assert_eq!(taken(answer), (409, "View with same name already exists: a.v".into()));
    assert_eq!(api.get("/namespaces/a/tables/v").await.error().1, "NoSuchTableException");
    assert_eq!(api.get("/namespaces/a/views/t").await.error().1, "NoSuchViewException");
    let commit = json!({"requirements": [{"type": "assert-create"}], "updates": []});
    let answer = api.post("/namespaces/a/tables/v", &commit).await;
    assert_eq!(taken(answer), (409, "View with same name already exists: a.v".into()));
    assert_eq!(api.delete("/namespaces/a/views/t").await.error().0, 404);
    assert_eq!(api.delete("/namespaces/a").await.error().1, "NamespaceNotEmptyException");
    let names =
        |body: Value| body["identifiers"].as_array().unwrap().iter().map(|i| i["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(api.get("/namespaces/a/views").await.ok()), ["v"]);
    assert_eq!(names(api.get("/namespaces/a/tables").await.ok()), ["t"]);
    assert_eq!(api.get("/namespaces/gone/views").await.error().2, "Namespace does not exist: gone");
}

#[tokio::test]
async fn a_view_is_renamed_within_and_across_namespaces() {
    let (_lab, api) = lake().await;
    api.namespace(&["b"]).await;
    api.table("a", "t").await;
    let made = create(&api, "v").await.ok();
    create(&api, "w").await.ok();
    assert_eq!(rename(&api, "v", ("a", "w")).await.error().2, "Cannot rename a.v to a.w. View already exists");
    assert_eq!(rename(&api, "v", ("a", "t")).await.error().2, "Cannot rename a.v to a.t. Table already exists");
    assert_eq!(rename(&api, "v", ("gone", "v")).await.error().2, "Namespace does not exist: gone");
    assert_eq!(rename(&api, "gone", ("a", "x")).await.error().2, "View does not exist: a.gone");
    assert_eq!(rename(&api, "v", ("b", "x")).await.status, 204);
    assert_eq!(api.get("/namespaces/b/views/x").await.ok(), made);
}

#[tokio::test]
async fn a_view_that_makes_no_sense_is_refused() {
    let (lab, api) = lake().await;
    let mut twice = version(1, "SELECT 1");
    twice["representations"] = json!([twice["representations"][0], twice["representations"][0]]);
    let body = |version: &Value, location: &str| json!({"name": "v", "schema": schema(), "view-version": version, "location": location});
    let inside = lab.location("lake/v");
    let answer = api.post("/namespaces/a/views", &body(&twice, &inside)).await;
    let told = "Invalid view version: Cannot add multiple queries for dialect spark";
    assert_eq!(answer.error(), (400, "IllegalArgumentException", told));
    let answer = api.post("/namespaces/a/views", &body(&version(1, "SELECT 1"), "file:///etc/v")).await;
    assert_eq!(answer.error().0, 400);
    let answer = api.post("/namespaces/gone/views", &body(&version(1, "SELECT 1"), &inside)).await;
    assert_eq!(answer.error().2, "Namespace does not exist: gone");
    create(&api, "v").await.ok();
    let uuid = "00000000-0000-0000-0000-000000000001";
    let stale = json!({"requirements": [{"type": "assert-view-uuid", "uuid": uuid}], "updates": []});
    let answer = api.post("/namespaces/a/views/v", &stale).await;
    assert_eq!((answer.error().0, answer.error().1), (409, "CommitFailedException"));
    assert!(answer.error().2.starts_with("Requirement failed: view UUID does not match"), "{answer:?}");
}

#[tokio::test]
async fn two_who_replace_a_view_at_once_both_leave_a_version() {
    let (_lab, api) = lake().await;
    create(&api, "v").await.ok();
    let replace = |sql: &'static str| {
        let updates = json!([
            {"action": "add-view-version", "view-version": version(2, sql)},
            {"action": "set-current-view-version", "view-version-id": -1},
        ]);
        let api = api.clone();
        async move { api.post("/namespaces/a/views/v", &json!({"requirements": [], "updates": updates})).await.ok() }
    };
    futures::future::join(replace("SELECT 2"), replace("SELECT 3")).await;
    let loaded = api.get("/namespaces/a/views/v").await.ok();
    assert_eq!(loaded["metadata"]["current-version-id"], 3);
    assert_eq!(loaded["metadata"]["versions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_dropped_view_can_be_registered_and_never_over_another() {
    let (_lab, api) = lake().await;
    let made = create(&api, "v").await.ok();
    let register = async |name: &str| {
        let body = json!({"name": name, "metadata-location": made["metadata-location"]});
        api.post("/namespaces/a/register-view", &body).await
    };
    assert_eq!(register("v").await.error().2, "View already exists: a.v");
    api.delete("/namespaces/a/views/v").await;
    let table = api.table("a", "t").await;
    assert_eq!(register("t").await.error().2, "Table with same name already exists: a.t");
    assert_eq!(register("w").await.ok()["metadata"], made["metadata"]);
    let body = json!({"name": "x", "metadata-location": table["metadata-location"]});
    assert_eq!(api.post("/namespaces/a/register-view", &body).await.error().0, 400, "a table's file is no view's");
}

#[tokio::test]
async fn views_need_the_same_privileges_as_tables() {
    let (lab, api) = lake().await;
    create(&api, "v").await.ok();
    let reader = lab.client("reader", &[(&["a"], &[Privilege::Read])]).await;
    reader.get("/namespaces/a/views/v").await.ok();
    assert_eq!(create(&reader, "w").await.error().0, 403);
    assert_eq!(reader.delete("/namespaces/a/views/v").await.error().0, 403);
    assert_eq!(rename(&reader, "v", ("a", "w")).await.error().0, 403);
    let other = lab.client("other", &[(&["b"], &[Privilege::Read])]).await;
    assert_eq!(other.get("/namespaces/a/views/v").await.error().0, 403);
}
