//! Routes of the specification that this server does not serve yet.

use reqwest::Method;
use serde_json::json;

use crate::lab::{self, Lab};

#[tokio::test]
async fn known_routes_that_are_not_built_are_not_acceptable() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    for (method, path) in [
        (Method::GET, "/namespaces/a/functions"),
        (Method::GET, "/namespaces/a/functions/f"),
        (Method::POST, "/namespaces/a/tables/t/plan"),
        (Method::POST, "/namespaces/a/tables/t/sign"),
        (Method::GET, "/namespaces/a/tables/t/credentials"),
    ] {
        let body = (method == Method::POST).then(|| json!({}));
        let answer = api.send(method.clone(), path, body.as_ref(), &[]).await;
        assert_eq!(answer.status, 406, "{method} {path}");
        assert_eq!(answer.error().1, "UnsupportedOperationException");
    }
}

#[tokio::test]
async fn a_route_that_nobody_knows_is_not_found() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    assert_eq!(api.get("/sausages").await.error().1, "NotFoundException");
    assert_eq!(api.delete("/namespaces").await.error().0, 405);
}

#[tokio::test]
async fn whoever_has_no_grant_does_not_learn_that_there_is_a_warehouse() {
    let lab = Lab::start().await;
    let (stranger, writer) = (lab.client("stranger", &[]).await, lab.writer().await);
    for api in [&stranger, &writer] {
        let name = if api.token() == writer.token() { "missing" } else { "lake" };
        for (method, path) in [(Method::POST, "namespaces/a/tables/t/plan"), (Method::GET, "namespaces/a/functions")] {
            let answer = api.send(method, &format!("/v1/{name}/{path}"), None, &[]).await;
            assert_eq!(answer.error().1, "NoSuchWarehouseException", "{path}");
        }
    }
}

#[tokio::test]
async fn token_endpoint_says_in_oauths_form_which_credential_to_use() {
    let lab = Lab::start().await;
    let form = "grant_type=client_credentials&client_id=a&client_secret=b";
    let request = lab::http().post(format!("{}/v1/oauth/tokens", lab.url()));
    let answer = request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(body["error"], "unsupported_grant_type");
    assert!(body["error_description"].as_str().unwrap().contains("`token`"), "{body}");
}
