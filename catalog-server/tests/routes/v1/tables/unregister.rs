//! `POST …/unregister`

use serde_json::{Value, json};

use crate::lab::{Lab, file, set};

#[tokio::test]
async fn an_unregistered_table_is_gone_and_its_files_can_be_registered_again() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let last = api.commit("a", "t", json!([]), set("x", "1")).await.ok();
    let told = api.post("/namespaces/a/tables/t/unregister", &Value::Null).await.ok();
    assert_eq!(told, last, "the last metadata and where it is");
    assert!(file(&last["metadata-location"]).exists());
    assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
    let late = api.commit("a", "t", json!([]), set("x", "2")).await;
    assert_eq!(late.error(), (404, "NoSuchTableException", "Table does not exist: a.t"));
    let body = json!({"name": "u", "metadata-location": last["metadata-location"]});
    assert_eq!(api.post("/namespaces/a/register", &body).await.ok()["metadata"], last["metadata"]);
}

#[tokio::test]
async fn only_a_table_that_is_there_and_may_be_written_is_unregistered() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let answer = api.post("/namespaces/a/tables/t/unregister", &Value::Null).await;
    assert_eq!(answer.error().1, "NoSuchTableException");
    let reader = lab.client("reader", &[(&[], &[catalog_api::Privilege::Read])]).await;
    assert_eq!(reader.post("/namespaces/a/tables/t/unregister", &Value::Null).await.error().0, 403);
}
