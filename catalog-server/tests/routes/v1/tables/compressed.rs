//! Metadata files that are compressed.

use serde_json::json;

use crate::lab::{Lab, file, set};

const CODEC: &str = "write.metadata.compression-codec";

#[tokio::test]
async fn a_table_may_ask_for_compressed_metadata_and_nobody_else_notices() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let packed = api.commit("a", "t", json!([]), set(CODEC, "gzip")).await.ok();
    let location = packed["metadata-location"].as_str().unwrap();
    assert!(location.ends_with(".gz.metadata.json"), "{location}");
    let bytes = std::fs::read(file(&packed["metadata-location"])).unwrap();
    assert!(bytes.starts_with(&[0x1f, 0x8b]));

    let other = lab.restart().await;
    let api = other.again(&api);
    let loaded = api.get("/namespaces/a/tables/t").await.ok();
    assert_eq!(loaded["metadata"], packed["metadata"]);
    let plain = api.commit("a", "t", json!([]), set(CODEC, "none")).await.ok();
    let name = plain["metadata-location"].as_str().unwrap().rsplit_once('/').unwrap().1;
    assert!(name.starts_with("00002-") && !name.contains(".gz"), "{name}");
    assert_eq!(plain["metadata"]["metadata-log"][1]["metadata-file"], location);

    api.delete("/namespaces/a/tables/t").await.ok();
    let body = json!({"name": "u", "metadata-location": location});
    assert_eq!(api.post("/namespaces/a/register", &body).await.ok()["metadata"], packed["metadata"]);
}

#[tokio::test]
async fn a_codec_that_there_is_not_is_refused() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let answer = api.commit("a", "t", json!([]), set(CODEC, "snappy")).await;
    let (code, _, message) = answer.error();
    assert!(code == 400 && message.contains("snappy"), "{message}");
}
