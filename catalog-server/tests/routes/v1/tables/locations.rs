//! Where tables may lie (CONTRACT, locations).

use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab, file, schema, set};

async fn create(api: &Api, name: &str, location: &str, properties: Value) -> Answer {
    let body = json!({"name": name, "schema": schema(), "location": location, "properties": properties});
    api.post("/namespaces/a/tables", &body).await
}

#[tokio::test]
async fn a_table_lies_where_it_was_asked_for_if_that_is_allowed() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let location = lab.location("lake/mine/t");
    let table = create(&api, "t", &format!("{location}/"), json!({})).await.ok();
    assert_eq!(table["metadata"]["location"], location.as_str());
    // Java writes file URIs with one slash.
    let java = lab.location("lake/mine/u").replacen("file:///", "file:/", 1);
    let table = create(&api, "u", &java, json!({})).await.ok();
    assert_eq!(table["metadata"]["location"], java.as_str());
    api.commit("a", "u", json!([]), set("x", "1")).await.ok();
}

#[tokio::test]
async fn what_leads_out_of_the_warehouse_is_refused() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    for outside in
        ["lake", "lakes/t", "other/t", "lake/../other/t", "lake/%2e%2e/other/t", "lake/x/..%2f../t", "lake//../t"]
    {
        let answer = create(&api, "t", &lab.location(outside), json!({})).await;
        assert_eq!(answer.error().0, 400, "{outside}");
    }
    for outside in ["file:///", "file://host/x", "s3://bucket/x", "/tmp/x", "", "gs://b/x", "http://x/y"] {
        assert_eq!(create(&api, "t", outside, json!({})).await.error().0, 400, "{outside}");
    }
}

#[tokio::test]
async fn further_allowed_locations_are_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::start().await;
    let more = lab.location("more");
    lab.allow(&more).await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    create(&api, "t", &format!("{more}/t"), json!({})).await.ok();
    let foreign = format!("file://{}/t", dir.path().display());
    assert_eq!(create(&api, "u", &foreign, json!({})).await.error().0, 400);
}

#[tokio::test]
async fn two_tables_never_overlap_and_the_answer_does_not_tell_whose_it_is() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let at = |name: &str| lab.location(&format!("lake/{name}"));
    create(&api, "first", &at("x/y"), json!({})).await.ok();
    for taken in ["x/y", "x/y/z", "x"] {
        let answer = create(&api, "second", &at(taken), json!({})).await;
        let (code, kind, message) = answer.error();
        assert_eq!((code, kind), (400, "ValidationException"), "{taken}");
        assert!(message.contains(&at(taken)) && !message.contains("first"), "{message}");
    }
    create(&api, "second", &at("x/yy"), json!({})).await.ok();
    let answer = api.commit("a", "second", json!([]), set("write.data.path", &at("x/y/data"))).await;
    assert_eq!(answer.error().0, 400);
    let moved = json!([{"action": "set-location", "location": at("x/y")}]);
    assert_eq!(api.commit("a", "second", json!([]), moved.clone()).await.error().0, 400);
    assert_eq!(api.delete("/namespaces/a/tables/first").await.status, 204);
    let second = api.commit("a", "second", json!([]), moved).await.ok();
    assert!(second["metadata-location"].as_str().unwrap().starts_with(&at("x/y/metadata/")));
}

#[tokio::test]
async fn metadata_files_go_where_the_table_says() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let elsewhere = lab.location("lake/meta/t");
    let table = create(&api, "t", &lab.location("lake/t"), json!({"write.metadata.path": elsewhere})).await.ok();
    assert!(table["metadata-location"].as_str().unwrap().starts_with(&format!("{elsewhere}/00000-")));
    let relative = api.commit("a", "t", json!([]), set("write.metadata.path", "deep/er")).await.ok();
    let location = relative["metadata-location"].as_str().unwrap();
    assert!(location.starts_with(&lab.location("lake/t/deep/er/00001-")), "{location}");
    assert!(file(&relative["metadata-location"]).exists());
    assert_eq!(api.commit("a", "t", json!([]), set("write.metadata.path", "../../..")).await.error().0, 400);
}

#[tokio::test]
async fn a_location_that_no_disk_can_have_is_a_bad_request() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    std::fs::write(lab.path().join("lake/file"), "x").unwrap();
    for bad in [format!("lake/{}", "x".repeat(300)), "lake/file/t".to_owned()] {
        let answer = create(&api, "t", &lab.location(&bad), json!({})).await;
        assert_eq!(answer.error().1, "ValidationException", "{bad}");
    }
}
