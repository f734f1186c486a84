//! Routes of the specification that this server does not serve yet.

use reqwest::Method;
use serde_json::json;

use crate::lab::Lab;

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
        (Method::POST, "/v1/oauth/tokens"),
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
    let oauth = stranger.send(Method::POST, "/v1/oauth/tokens", Some(&json!({})), &[]).await;
    assert_eq!(oauth.status, 406);
}
