//! The platform's port, and `/`.

use std::time::Duration;

use catalog_server::{Settings, StartError};
use serde_json::Value;

use crate::lab::Lab;

async fn get(url: String) -> (u16, String) {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let response = client.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn the_platform_learns_that_the_server_lives_and_is_ready_without_a_credential() {
    let lab = Lab::start().await;
    assert_eq!(get(format!("{}/livez", lab.platform())).await, (200, "ok\n".to_owned()));
    assert_eq!(get(format!("{}/readyz", lab.platform())).await, (200, "ready\n".to_owned()));
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.get("/namespaces/a/tables/t").await.ok();
    let (_, text) = get(format!("{}/metrics", lab.platform())).await;
    for line in [
        r#"pangolin_http_requests_total{method="POST",route="/v1/{prefix}/namespaces",status="200"} 1"#,
        r#"pangolin_commits_total{outcome="applied"} 2"#,
        r#"pangolin_metadata_cache_lookups_total{result="hit"} 1"#,
        r#"pangolin_storage_calls_total{operation="write",outcome="ok"} 2"#,
        "pangolin_http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let bytes = text.lines().find_map(|l| l.strip_prefix("pangolin_metadata_cache_bytes ")).unwrap();
    assert!(bytes.parse::<u64>().unwrap() > 500, "{bytes}");
}

#[tokio::test]
async fn the_two_ports_do_not_mix() {
    let lab = Lab::start().await;
    assert_eq!(get(format!("{}/v1/config", lab.platform())).await.0, 404);
    assert_eq!(get(format!("{}/metrics", lab.url())).await.0, 401);
}

#[tokio::test]
async fn the_root_says_what_this_is_to_anybody() {
    let lab = Lab::start().await;
    let (status, body) = get(lab.url()).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body["version"].as_str()), (200, Some(env!("CARGO_PKG_VERSION"))));
    assert!(body["links"].is_object());
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let settings = Settings { listen: address, platform_listen: ([127, 0, 0, 1], 0).into(), ..Settings::default() };
    let Err(error) = catalog_server::start(settings).await else { panic!("it started") };
    assert!(matches!(error, StartError::PortInUse { address: a } if a == address), "{error}");
}
