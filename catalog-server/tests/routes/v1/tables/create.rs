//! `POST …/tables`

use catalog_api::Privilege::Read;
use serde_json::{Value, json};

use crate::lab::{Lab, file, metadata_files, schema, set};

#[tokio::test]
async fn a_table_is_created_with_its_file_and_can_be_loaded() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.post("/namespaces/a/tables", &json!({"name": "t", "schema": schema()})).await;
    let tag = created.etag.clone();
    let created = created.ok();
    let metadata = &created["metadata"];
    assert_eq!((&metadata["format-version"], &metadata["properties"]["owner"]), (&json!(2), &json!("the lake")));
    assert!(created["metadata-location"].as_str().unwrap().contains("/metadata/00000-"), "{created}");
    let stored: Value = serde_json::from_slice(&std::fs::read(file(&created["metadata-location"])).unwrap()).unwrap();
    assert_eq!(stored, *metadata);
    let loaded = api.get("/namespaces/a/tables/t").await;
    assert_eq!(loaded.etag, tag);
    assert_eq!(loaded.ok(), created);
    let location = metadata["location"].as_str().unwrap();
    assert!(location.starts_with(&lab.location("lake/a/t-")), "{location}");
}

#[tokio::test]
async fn ids_are_given_anew_and_the_properties_of_the_request_win() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let fields = json!([
        {"id": 7, "name": "x", "type": "long", "required": true},
        {"id": 9, "name": "y", "type": "date", "required": false},
    ]);
    let asked = json!({
        "name": "t",
        "schema": {"type": "struct", "schema-id": 3, "fields": fields},
        "partition-spec": {"spec-id": 5, "fields": [{"source-id": 9, "field-id": 1007, "name": "m", "transform": "month"}]},
        "write-order": {"order-id": 4, "fields": [{"source-id": 7, "transform": "identity", "direction": "asc", "null-order": "nulls-first"}]},
        "properties": {"owner": "me", "format-version": "1"},
    });
    let metadata = &api.post("/namespaces/a/tables", &asked).await.ok()["metadata"];
    assert_eq!(metadata["format-version"], 1);
    assert_eq!(metadata["schemas"][0]["fields"][1]["id"], 2);
    assert_eq!(metadata["partition-specs"][0]["fields"][0]["source-id"], 2);
    assert_eq!(metadata["partition-specs"][0]["fields"][0]["field-id"], 1000);
    assert_eq!((&metadata["sort-orders"][0]["order-id"], &metadata["default-sort-order-id"]), (&json!(1), &json!(1)));
    assert_eq!(metadata["properties"]["owner"], "me");
    assert_eq!(metadata["properties"]["format-version"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_created_leaves_nothing_behind() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = |more: Value| {
        let mut body = json!({"name": "t", "schema": schema()});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, code) in [
        (table(json!({"name": ""})), 400),
        (table(json!({"name": "x".repeat(256)})), 400),
        (table(json!({"name": "a\u{1f}b"})), 400),
        (table(json!({"schema": {"type": "struct"}})), 400),
        (
            table(
                json!({"schema": {"type": "struct", "fields": [{"id": 1, "name": "x", "type": "sausage", "required": true}]}}),
            ),
            400,
        ),
        (
            table(
                json!({"partition-spec": {"spec-id": 0, "fields": [{"source-id": 99, "name": "p", "transform": "identity"}]}}),
            ),
            400,
        ),
        (table(json!({"properties": {"format-version": "4"}})), 400),
        (table(json!({"properties": {"s3.secret-access-key": "x"}})), 400),
        (table(json!({"location": "file:///etc/t"})), 400),
        (table(json!({"properties": {"write.metadata.path": "file:///etc"}})), 400),
        (json!({"schema": schema()}), 400),
    ] {
        let answer = api.post("/namespaces/a/tables", &body).await;
        assert_eq!(answer.error().0, code, "{body}");
    }
    let answer = api.post("/namespaces/gone/tables", &table(json!({}))).await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: gone"));
    let reader = lab.client("reader", &[(&[], &[Read])]).await;
    assert_eq!(reader.post("/namespaces/a/tables", &table(json!({}))).await.error().0, 403);
    assert_eq!(api.get("/namespaces/a/tables").await.ok()["identifiers"], json!([]));
    assert!(metadata_files(&lab.path()).is_empty());
}

#[tokio::test]
async fn a_table_that_is_there_cannot_be_created() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    for staged in [false, true] {
        let body = json!({"name": "t", "schema": schema(), "stage-create": staged});
        let answer = api.post("/namespaces/a/tables", &body).await;
        assert_eq!(answer.error(), (409, "AlreadyExistsException", "Table already exists: a.t"));
    }
}

#[tokio::test]
async fn of_many_who_create_the_same_table_one_wins_and_no_file_of_the_others_stays() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let body = json!({"name": "t", "schema": schema()});
    let answers = futures::future::join_all((0..8).map(|_| api.post("/namespaces/a/tables", &body))).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for lost in answers.iter().filter(|a| a.status != 200) {
        assert_eq!(lost.error(), (409, "AlreadyExistsException", "Table already exists: a.t"));
    }
    assert_eq!(metadata_files(&lab.path()).len(), 1);
}

#[tokio::test]
async fn a_staged_table_is_not_there_until_its_first_commit() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let body = json!({"name": "t", "schema": schema(), "stage-create": true});
    let staged = api.post("/namespaces/a/tables", &body).await.ok();
    assert_eq!(staged["metadata-location"], Value::Null);
    assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
    assert!(metadata_files(&lab.path()).is_empty());
    // DuckDB writes its manifests there before the first commit.
    let location = staged["metadata"]["location"].as_str().unwrap().strip_prefix("file://").unwrap();
    for directory in ["metadata", "data"] {
        assert!(std::path::Path::new(location).join(directory).is_dir(), "{directory}");
    }

    let metadata = &staged["metadata"];
    let first = json!([
        {"action": "assign-uuid", "uuid": metadata["table-uuid"]},
        {"action": "upgrade-format-version", "format-version": 2},
        {"action": "add-schema", "schema": metadata["schemas"][0], "last-column-id": 1},
        {"action": "set-current-schema", "schema-id": -1},
        {"action": "add-spec", "spec": metadata["partition-specs"][0]},
        {"action": "set-default-spec", "spec-id": -1},
        {"action": "add-sort-order", "sort-order": metadata["sort-orders"][0]},
        {"action": "set-default-sort-order", "sort-order-id": -1},
        {"action": "set-location", "location": metadata["location"]},
        {"action": "set-properties", "updates": {"x": "1"}},
    ]);
    let create = json!([{"type": "assert-create"}]);
    let committed = api.commit("a", "t", create.clone(), first.clone()).await.ok();
    assert_eq!(committed["metadata"]["table-uuid"], metadata["table-uuid"]);
    assert_eq!(committed["metadata"]["metadata-log"].as_array().map_or(0, Vec::len), 0);
    assert_eq!(api.get("/namespaces/a/tables/t").await.ok()["metadata"], committed["metadata"]);
    let again = api.commit("a", "t", create, first).await;
    assert_eq!(again.error(), (409, "CommitFailedException", "Requirement failed: table already exists"));
}

/// As DuckDB 1.5 sends it.
#[tokio::test]
async fn a_first_commit_may_make_the_schema_current_after_spec_and_order() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let spec = json!({"spec-id": 0, "fields": [
        {"name": "identity_id_1", "transform": "identity", "source-id": 1, "field-id": 1000}]});
    let body = json!({"name": "t", "schema": schema(), "partition-spec": spec, "stage-create": true});
    let metadata = api.post("/namespaces/a/tables", &body).await.ok()["metadata"].clone();
    let first = json!([
        {"action": "assign-uuid", "uuid": metadata["table-uuid"]},
        {"action": "upgrade-format-version", "format-version": 2},
        {"action": "add-schema", "schema": metadata["schemas"][0], "last-column-id": 1},
        {"action": "add-spec", "spec": spec},
        {"action": "set-default-spec", "spec-id": 0},
        {"action": "add-sort-order", "sort-order": {"order-id": 0, "fields": []}},
        {"action": "set-default-sort-order", "sort-order-id": 0},
        {"action": "set-location", "location": metadata["location"]},
        {"action": "set-properties", "updates": metadata["properties"]},
        {"action": "set-current-schema", "schema-id": 0},
    ]);
    let committed = api.commit("a", "t", json!([{"type": "assert-create"}]), first).await.ok();
    for key in ["schemas", "current-schema-id", "partition-specs", "default-spec-id", "sort-orders", "location"] {
        assert_eq!(committed["metadata"][key], metadata[key], "{key}");
    }
}

#[tokio::test]
async fn a_first_commit_outside_of_the_warehouse_is_refused() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let staged =
        api.post("/namespaces/a/tables", &json!({"name": "t", "schema": schema(), "stage-create": true})).await;
    let metadata = staged.ok()["metadata"].clone();
    let first = json!([
        {"action": "assign-uuid", "uuid": metadata["table-uuid"]},
        {"action": "add-schema", "schema": metadata["schemas"][0]},
        {"action": "set-current-schema", "schema-id": -1},
        {"action": "add-spec", "spec": metadata["partition-specs"][0]},
        {"action": "set-default-spec", "spec-id": -1},
        {"action": "add-sort-order", "sort-order": metadata["sort-orders"][0]},
        {"action": "set-default-sort-order", "sort-order-id": -1},
        {"action": "set-location", "location": "file:///tmp/elsewhere"},
    ]);
    let answer = api.commit("a", "t", json!([{"type": "assert-create"}]), first).await;
    assert_eq!(answer.error().0, 400);
    let answer = api.commit("a", "t", json!([]), set("x", "1")).await;
    assert_eq!(answer.error(), (404, "NoSuchTableException", "Table does not exist: a.t"));
}
