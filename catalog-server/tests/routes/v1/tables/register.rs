//! `POST …/register`

use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab, file, set};

async fn register(api: &Api, name: &str, location: &Value, overwrite: bool) -> Answer {
    let body = json!({"name": name, "metadata-location": location, "overwrite": overwrite});
    api.post("/namespaces/a/register", &body).await
}

#[tokio::test]
async fn a_dropped_table_can_be_registered_again() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.delete("/namespaces/a/tables/t").await;
    let registered = register(&api, "u", &table["metadata-location"], false).await;
    let tag = registered.etag.clone();
    assert_eq!(registered.ok(), table);
    let loaded = api.get("/namespaces/a/tables/u").await;
    assert_eq!(loaded.etag, tag);
    assert_eq!(loaded.ok(), table);
    let next = api.commit("a", "u", json!([]), set("x", "1")).await.ok();
    assert_eq!(next["metadata"]["table-uuid"], table["metadata"]["table-uuid"]);
}

#[tokio::test]
async fn a_name_that_is_taken_is_replaced_only_on_demand() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let first = api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("x", "1")).await.ok();
    let answer = register(&api, "t", &first["metadata-location"], false).await;
    assert_eq!(answer.error(), (409, "AlreadyExistsException", "Table already exists: a.t"));
    assert_eq!(register(&api, "t", &first["metadata-location"], true).await.ok(), first);
    assert_eq!(api.get("/namespaces/a/tables/t").await.ok(), first);
}

#[tokio::test]
async fn one_table_cannot_have_two_names() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    assert_eq!(register(&api, "u", &table["metadata-location"], false).await.error().0, 400);
    assert_eq!(api.head("/namespaces/a/tables/u").await, 404);
}

#[tokio::test]
async fn what_is_no_metadata_file_of_this_warehouse_is_refused() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.delete("/namespaces/a/tables/t").await;
    let path = file(&table["metadata-location"]);
    let text = std::fs::read_to_string(&path).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(path.with_file_name(name), bytes).unwrap();
        let location = table["metadata-location"].as_str().unwrap().rsplit_once('/').unwrap().0;
        json!(format!("{location}/{name}"))
    };
    let elsewhere = text.replace(&lab.location("lake"), "file:///etc");
    let later = text.replace("\"format-version\":2", "\"format-version\":9");
    for (location, code) in [
        (write("not-json.metadata.json", b"{"), 400),
        (write("other-json.metadata.json", b"{\"a\": 1}"), 400),
        (write("compressed.gz.metadata.json", &[0x1f, 0x8b, 8, 0]), 400),
        (write("elsewhere.metadata.json", elsewhere.as_bytes()), 400),
        (write("later.metadata.json", later.as_bytes()), 400),
        (json!("file:///etc/passwd"), 400),
        (json!(format!("{}/../secret", lab.location("lake"))), 400),
        (json!(format!("{}/a/gone.metadata.json", lab.location("lake"))), 404),
    ] {
        let answer = register(&api, "u", &location, false).await;
        assert_eq!(answer.error().0, code, "{location}: {answer:?}");
    }
    let answer = api
        .post("/namespaces/gone/register", &json!({"name": "t", "metadata-location": table["metadata-location"]}))
        .await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: gone"));
}

#[tokio::test]
async fn a_secret_in_a_registered_file_is_refused() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.delete("/namespaces/a/tables/t").await;
    let mut metadata = table["metadata"].clone();
    metadata["properties"]["s3.secret-access-key"] = "hunter2".into();
    let foreign = table["metadata-location"].as_str().unwrap().replace("00000-", "foreign-");
    std::fs::write(file(&json!(foreign)), metadata.to_string()).unwrap();
    let answer = register(&api, "u", &json!(foreign), false).await;
    let (code, _, message) = answer.error();
    assert_eq!(code, 400);
    assert!(message.contains("s3.secret-access-key") && !message.contains("hunter2"), "{message}");
    assert_eq!(api.head("/namespaces/a/tables/u").await, 404);
}

#[tokio::test]
async fn a_missing_namespace_is_said_before_anything_about_the_location() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    let body = json!({"name": "u", "metadata-location": table["metadata-location"]});
    let answer = api.post("/namespaces/missing/register", &body).await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: missing"));
}
