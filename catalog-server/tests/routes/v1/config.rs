//! `GET /v1/config`

use catalog_client::Client;

use crate::lab::Lab;

#[tokio::test]
async fn config_names_the_prefix_the_separator_and_the_routes_that_work() {
    let lab = Lab::start().await;
    let config = lab.writer().await.get("/v1/config?warehouse=lake").await.ok();
    assert_eq!(config["overrides"]["prefix"], "lake");
    assert_eq!(config["overrides"]["namespace-separator"], "%1F");
    let endpoints: Vec<_> = config["endpoints"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    assert!(endpoints.contains(&"HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}"), "{endpoints:?}");
    assert!(endpoints.contains(&"POST /v1/{prefix}/transactions/commit"), "{endpoints:?}");
    assert!(endpoints.iter().all(|e| e.contains("/v1/{prefix}/") && !e.contains("plan")), "{endpoints:?}");
}

#[tokio::test]
async fn without_a_warehouse_config_says_what_to_pass() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    for path in ["/v1/config", "/v1/config?warehouse="] {
        let answer = api.get(path).await;
        let (code, kind, message) = answer.error();
        assert_eq!((code, kind), (400, "BadRequestException"));
        assert!(message.contains("warehouse"), "{message}");
    }
}

#[tokio::test]
async fn a_warehouse_that_is_unknown_or_not_granted_is_not_there() {
    let lab = Lab::start().await;
    let stranger = lab.client("stranger", &[]).await;
    for (api, name) in [(lab.writer().await, "pond"), (stranger.clone(), "lake"), (stranger.clone(), "No~Name")] {
        let answer = api.get(&format!("/v1/config?warehouse={name}")).await;
        assert_eq!((answer.error().0, answer.error().1), (404, "NoSuchWarehouseException"));
    }
    assert_eq!(stranger.get("/namespaces").await.error().1, "NoSuchWarehouseException");
}

#[tokio::test]
async fn the_sdk_finds_all_its_routes_on_this_server() {
    let lab = Lab::start().await;
    let error = lab.admin.config("lake").await.unwrap_err();
    assert_eq!(error.status(), Some(403), "the admin token reads no catalog");
    let api = lab.writer().await;
    let token = catalog_api::BearerToken::parse(api.token()).unwrap();
    let client = Client::builder(lab.url(), token).build().unwrap();
    assert_eq!(client.capabilities("lake").await.unwrap().missing().len(), 0);
}

#[tokio::test]
async fn a_prefix_may_be_percent_encoded() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    for prefix in ["lake~bWFpbg", "lake%7EbWFpbg", "l%61ke"] {
        let listed = api.get(&format!("/v1/{prefix}/namespaces")).await.ok();
        assert_eq!(listed["namespaces"], serde_json::json!([["a"]]), "{prefix}");
    }
}
