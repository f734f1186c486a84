//! The platform's port, and `/`.

use std::time::Duration;

use catalog_api::BearerToken;
use catalog_server::settings::Database;
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
        // The probe, the marker, and the table's file.
        r#"pangolin_storage_calls_total{operation="write",outcome="ok"} 3"#,
        "pangolin_http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let bytes = text.lines().find_map(|l| l.strip_prefix("pangolin_metadata_cache_bytes ")).unwrap();
    assert!(bytes.parse::<u64>().unwrap() > 500, "{bytes}");
}

/// So that a warm `loadTable` asks the database for the table's pointer, and for nothing else.
#[tokio::test]
async fn a_warm_request_knows_caller_warehouse_and_ref_from_memory() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.get("/namespaces/a/tables/t").await.ok();
    let count = async |name: &str| -> u64 {
        let (_, text) = get(format!("{}/metrics", lab.platform())).await;
        text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse().unwrap()
    };
    let (hits, loads) = (r#"pangolin_access_cache_lookups_total{result="hit"}"#, "pangolin_access_cache_loads_total");
    let before = (count(hits).await, count(loads).await);
    for _ in 0..10 {
        api.get("/namespaces/a/tables/t").await.ok();
    }
    assert_eq!((count(hits).await, count(loads).await), (before.0 + 10, before.1));
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
async fn without_its_database_the_server_starts_lives_and_says_that_it_is_not_ready() {
    let dir = tempfile::tempdir().unwrap();
    let url_file = dir.path().join("url");
    std::fs::write(&url_file, "postgres://nobody:hunter2@127.0.0.1:9/nothing\n").unwrap();
    let settings = Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        platform_listen: ([127, 0, 0, 1], 0).into(),
        database: Database::Postgres { url_file, schema: "pangolin".into(), max_connections: 2 },
        ..Settings::default()
    };
    let running = catalog_server::start(settings).await.unwrap();
    let platform = format!("http://{}", running.platform_address);
    assert_eq!(get(format!("{platform}/livez")).await.0, 200);
    let (status, text) = get(format!("{platform}/readyz")).await;
    assert_eq!(status, 503);
    assert!(text.contains("database") && !text.contains("hunter2"), "{text}");

    let url = format!("http://{}/v1/config?warehouse=lake", running.client_address);
    assert_eq!(get(url.clone()).await.0, 401, "a stranger learns nothing of it");
    let token = BearerToken::generate().unwrap();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let answer = client.get(url).bearer_auth(token.expose()).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    running.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let settings = Settings { listen: address, platform_listen: ([127, 0, 0, 1], 0).into(), ..Settings::default() };
    let Err(error) = catalog_server::start(settings).await else { panic!("it started") };
    assert!(matches!(error, StartError::PortInUse { address: a } if a == address), "{error}");
}
