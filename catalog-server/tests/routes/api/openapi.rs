//! `/api/v1/openapi.json`

use serde_json::Value;

use crate::lab::Lab;

#[tokio::test]
async fn anybody_gets_the_document_that_the_types_make() {
    let lab = Lab::start().await;
    let answer = reqwest::get(format!("{}/api/v1/openapi.json", lab.url())).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(answer.json::<Value>().await.unwrap(), catalog_api::openapi::document());
    lab.operator().get("/api/v1/openapi.json").await.ok();
}
