//! `GET` and `HEAD …/tables/{table}`

use reqwest::Method;
use serde_json::{Value, json};

use crate::lab::{Api, Lab, file, set};

async fn load(api: &Api, query: &str, known: &str) -> (u16, Option<String>, Value) {
    let path = format!("/namespaces/a/tables/t{query}");
    let answer = api.send(Method::GET, &path, None, &[("if-none-match", known)]).await;
    (answer.status.as_u16(), answer.etag, answer.body)
}

#[tokio::test]
async fn a_table_that_is_not_there_is_called_by_its_whole_name() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let answer = api.get("/namespaces/a/tables/t").await;
    assert_eq!(answer.error(), (404, "NoSuchTableException", "Table does not exist: a.t"));
    let answer = api.get("/namespaces/a%1Fb/tables/t").await;
    assert_eq!(answer.error(), (404, "NoSuchTableException", "Table does not exist: a.b.t"));
    assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
    api.table("a", "t").await;
    assert_eq!(api.head("/namespaces/a/tables/t").await, 204);
}

#[tokio::test]
async fn a_client_that_has_the_table_is_told_so_until_it_changes() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let (status, tag, _) = load(&api, "", "\"none\"").await;
    let tag = tag.unwrap();
    assert_eq!(status, 200);
    assert_eq!(load(&api, "", &tag).await, (304, Some(tag.clone()), Value::Null));
    assert_eq!(load(&api, "?snapshots=all", &format!("W/{tag}")).await.0, 304);
    assert_eq!(load(&api, "?snapshots=refs", &tag).await.0, 200, "another representation has another tag");
    let refs = load(&api, "?snapshots=refs", "").await.1.unwrap();
    assert_eq!(load(&api, "?snapshots=refs", &refs).await.0, 304);
    assert_eq!(load(&api, "", &refs).await.0, 200);
    for known in ["*".to_owned(), format!("\"a\", W/\"b\",{tag}"), format!("W/\"c\" , W/{tag}")] {
        assert_eq!(load(&api, "", &known).await.0, 304, "{known}");
    }
    for unknown in ["", "x", "\"\"", "W/", &tag.replace('"', "")] {
        assert_eq!(load(&api, "", unknown).await.0, 200, "{unknown}");
    }
    let committed = api.commit("a", "t", json!([]), set("x", "1")).await;
    assert_ne!(committed.etag.as_ref(), Some(&tag));
    let (status, new, _) = load(&api, "", &tag).await;
    assert_eq!((status, new), (200, committed.etag));
}

#[tokio::test]
async fn not_modified_is_said_before_the_file_is_touched() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    let tag = load(&api, "", "").await.1.unwrap();
    std::fs::remove_file(file(&created["metadata-location"])).unwrap();
    assert_eq!(load(&api, "", &tag).await.0, 304);
    assert_eq!(
        load(&api, "", "").await.0,
        404,
        "on a disk, a file that is gone is missed although its content is known"
    );
}

#[tokio::test]
async fn refs_are_the_snapshots_that_branches_and_tags_name() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let snapshot = |id: i64, parent: Option<i64>, number: i64| {
        let mut snapshot = json!({
            "snapshot-id": id, "sequence-number": number, "timestamp-ms": 1_700_000_000_000_i64 + number,
            "manifest-list": format!("{}/m{id}.avro", lab.location("lake")), "summary": {"operation": "append"}, "schema-id": 0,
        });
        if let Some(parent) = parent {
            snapshot["parent-snapshot-id"] = parent.into();
        }
        json!([
            {"action": "add-snapshot", "snapshot": snapshot},
            {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": id},
        ])
    };
    api.commit("a", "t", json!([]), snapshot(11, None, 1)).await.ok();
    api.commit("a", "t", json!([]), snapshot(12, Some(11), 2)).await.ok();
    let ids = |body: &Value| -> Vec<i64> {
        body["metadata"]["snapshots"].as_array().unwrap().iter().map(|s| s["snapshot-id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&load(&api, "", "").await.2), [11, 12]);
    assert_eq!(ids(&load(&api, "?snapshots=refs", "").await.2), [12]);
    assert_eq!(load(&api, "?snapshots=some", "").await.0, 400);
    // A tag keeps what no branch shows any more; the log of what was current is history, and stays whole.
    let tag = json!([{"action": "set-snapshot-ref", "ref-name": "first", "type": "tag", "snapshot-id": 11}]);
    api.commit("a", "t", json!([]), tag).await.ok();
    api.commit("a", "t", json!([]), snapshot(13, Some(12), 3)).await.ok();
    let (all, refs) = (load(&api, "", "").await.2, load(&api, "?snapshots=refs", "").await.2);
    assert_eq!((ids(&all), ids(&refs)), (vec![11, 12, 13], vec![11, 13]));
    let without_snapshots = |body: &Value| {
        let mut body = body.clone();
        body["metadata"].as_object_mut().unwrap().remove("snapshots");
        body
    };
    assert_eq!(without_snapshots(&refs), without_snapshots(&all));
    assert_eq!(refs["metadata"]["snapshot-log"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_file_that_somebody_took_away_is_named() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    let location = created["metadata-location"].as_str().unwrap();
    // A second server on the same database has an empty cache.
    let path = file(&created["metadata-location"]);
    std::fs::remove_file(&path).unwrap();
    let other = lab.restart().await;
    let api = other.again(&api);
    let answer = api.get("/namespaces/a/tables/t").await;
    let (code, kind, message) = answer.error();
    assert_eq!((code, kind), (404, "NotFoundException"));
    assert!(message.starts_with(&format!("Failed to open input stream for file: {location}. ")), "{message}");
    assert!(message.contains("register an older metadata file"), "{message}");
    assert_eq!(api.head("/namespaces/a/tables/t").await, 404, "HEAD agrees");
}

#[tokio::test]
async fn metadata_is_sent_without_being_parsed_cold_or_warm() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    // Whoever reads it as JSON fails.
    std::fs::write(file(&created["metadata-location"]), "no JSON at all").unwrap();
    let lab = lab.restart().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in ["cold", "warm"] {
        let url = format!("{}/v1/lake/namespaces/a/tables/t", lab.url());
        let answer = http.get(url).bearer_auth(api.token()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        assert!(text.contains(r#","metadata":no JSON at all,"config":"#), "{text}");
    }
}

#[tokio::test]
async fn an_answer_is_compressed_for_those_who_ask_and_a_client_that_has_it_is_told_so() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let plain = api.commit("a", "t", json!([]), set("x", &"y".repeat(50_000))).await.ok();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let load = async |known: &str| {
        let url = format!("{}/v1/lake/namespaces/a/tables/t", lab.url());
        let request = http.get(url).bearer_auth(api.token());
        request.header("accept-encoding", "gzip").header("if-none-match", known).send().await.unwrap()
    };
    let answer = load("\"none\"").await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert_eq!(answer.headers()["vary"], "accept-encoding");
    let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let packed = answer.bytes().await.unwrap();
    assert!(packed.len() < 5_000);
    let body: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&packed[..])).unwrap();
    assert_eq!(body["metadata"], plain["metadata"]);
    let known = load(&tag).await;
    assert_eq!((known.status().as_u16(), &known.headers()["vary"]), (304, &"accept-encoding".parse().unwrap()));
}

#[tokio::test]
async fn an_answer_is_compressed_once_for_each_coding_and_each_state() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("x", &"y".repeat(5_000))).await.ok();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let load = async |query: &str, coding: &str| {
        let url = format!("{}/v1/lake/namespaces/a/tables/t{query}", lab.url());
        let request = http.get(url).bearer_auth(api.token()).header("accept-encoding", coding);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], coding);
        assert!(answer.headers()["etag"].to_str().unwrap().starts_with("W/"));
        assert_eq!(
            answer.content_length(),
            Some(answer.headers()["content-length"].to_str().unwrap().parse().unwrap())
        );
        answer.bytes().await.unwrap()
    };
    let looks = async || {
        let metrics = reqwest::get(format!("{}/metrics", lab.platform())).await.unwrap().text().await.unwrap();
        let count = |result: &str| {
            let name = format!("pangolin_metadata_cache_answers_total{{result=\"{result}\"}} ");
            metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
        };
        (count("hit"), count("miss"))
    };
    let first = load("", "gzip").await;
    assert_eq!(load("", "gzip").await, first);
    assert_eq!(looks().await, (1, 1));
    assert_ne!(load("", "zstd").await, first);
    assert_eq!(looks().await, (1, 2));
    // Without the snapshots, and that compressed.
    load("?snapshots=refs", "gzip").await;
    assert_eq!(looks().await, (1, 4));
    load("?snapshots=refs", "gzip").await;
    assert_eq!(looks().await, (3, 4));
    api.commit("a", "t", json!([]), set("z", "1")).await.ok();
    let packed = load("", "gzip").await;
    let body: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&packed[..])).unwrap();
    assert_eq!(body["metadata"]["properties"]["z"], "1");
    assert_eq!(looks().await, (3, 5));
}
