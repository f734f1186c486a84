//! What every route has in common: who may call, how much may be sent, how long it may take, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use catalog_api::Privilege::Read;
use catalog_api::{Auth, BearerToken, ENDPOINTS};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::lab::{Lab, schema};

fn paths(method: &str) -> impl Iterator<Item = (Method, String, Auth)> {
    let method = method.to_owned();
    ENDPOINTS.iter().filter(move |e| e.method == method && e.auth != Auth::Platform).map(|e| {
        let path = e.path.replace("{prefix}", "lake").replace("{revision}", "1");
        let path = path.replace("{namespace}", "a").replace("{table}", "t").replace("{warehouse}", "lake");
        (e.method.parse().unwrap(), path.replace("{owner}", "uid"), e.auth)
    })
}

#[tokio::test]
async fn no_route_forgets_to_ask_who_calls() {
    let lab = Lab::start().await;
    let client = reqwest::Client::builder().build().unwrap();
    let stranger = BearerToken::generate().unwrap();
    let mut asked = 0;
    for (method, path, auth) in ["GET", "HEAD", "POST", "PUT", "DELETE"].into_iter().flat_map(paths) {
        let url = format!("{}{path}", lab.url());
        for token in [None, Some("garbage"), Some(stranger.expose())] {
            let mut request = client.request(method.clone(), &url).body("{");
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let status = request.send().await.unwrap().status().as_u16();
            assert_eq!(status, if auth == Auth::Public { 200 } else { 401 }, "{method} {path} {token:?}");
            asked += 1;
        }
    }
    assert!(asked > 60, "{asked}");
}

#[tokio::test]
async fn a_token_without_a_grant_finds_nothing_and_changes_nothing() {
    let lab = Lab::start().await;
    let api = lab.client("stranger", &[]).await;
    for (method, path, auth) in ["GET", "HEAD", "POST", "PUT", "DELETE"].into_iter().flat_map(paths) {
        let url = format!("{}{path}", lab.url());
        let client = reqwest::Client::builder().build().unwrap();
        let status =
            client.request(method.clone(), url).bearer_auth(api.token()).body("{}").send().await.unwrap().status();
        let expected: &[u16] = match auth {
            Auth::Public => &[200],
            Auth::Admin => &[403],
            // Without a warehouse in its query.
            Auth::Token if path == "/v1/config" => &[400],
            Auth::Token | Auth::Platform => &[404],
        };
        assert!(expected.contains(&status.as_u16()), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn an_unknown_route_is_401_to_strangers_and_404_to_others() {
    let lab = Lab::start().await;
    let client = reqwest::Client::builder().build().unwrap();
    let url = format!("{}/nowhere", lab.url());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let api = lab.operator();
    assert_eq!(api.get("/nowhere").await.error().0, 404);
    assert_eq!(api.send(Method::PATCH, "/api/v1/tokens", None, &[]).await.error().1, "MethodNotAllowedException");
}

#[tokio::test]
async fn what_is_no_route_method_path_or_query_gets_the_iceberg_error() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let client = reqwest::Client::builder().build().unwrap();
    let lists = "/v1/lake/namespaces";
    for (method, path, status, kind) in [
        ("PATCH", "/v1/lake/namespaces", 405, "MethodNotAllowedException"),
        ("BREW", "/v1/lake/namespaces/a/tables/t", 405, "MethodNotAllowedException"),
        ("GET", "/v1/lake/transactions/commit", 405, "MethodNotAllowedException"),
        ("GET", "/v1/lake//namespaces", 404, "NotFoundException"),
        ("GET", "/v1/lake/namespaces/%ff", 400, "BadRequestException"),
        ("GET", "/v1/lake/namespaces/a/tables/%c3%28", 400, "BadRequestException"),
        ("GET", "/v1/%ff/namespaces", 404, "NoSuchWarehouseException"),
        ("GET", "/v1/lake/namespaces?parent=%ff", 400, "BadRequestException"),
        ("GET", "/v1/lake/namespaces?pageToken=%c3%28", 400, "BadRequestException"),
        ("GET", "/v1/lake/namespaces?pageToken=&pageToken=", 400, "BadRequestException"),
        ("GET", "/v1/config?warehouse=%fe", 400, "BadRequestException"),
    ] {
        let request = client.request(method.parse().unwrap(), format!("{}{path}", lab.url()));
        let answer = request.bearer_auth(api.token()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert_eq!(answer.headers()["content-type"], "application/json", "{method} {path}");
        if status == 405 {
            // RFC 9110, 15.5.6.
            let allowed = answer.headers()["allow"].to_str().unwrap();
            assert!(allowed.contains("POST") && !allowed.contains(method), "{method} {path}: {allowed}");
        }
        let body: Value = answer.json().await.unwrap();
        assert_eq!((&body["error"]["code"], &body["error"]["type"]), (&json!(status), &json!(kind)), "{path}");
        assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{path}");
    }
    // A path that is not encoded well is what it says; HEAD has no body, whatever there is to say.
    assert_eq!(api.get("/namespaces/%zz").await.error().1, "NoSuchNamespaceException");
    for path in [lists, "/v1/lake/namespaces/missing", "/v1/lake/namespaces/%ff", "/v1/lake/nowhere"] {
        let answer = client.head(format!("{}{path}", lab.url())).bearer_auth(api.token()).send().await.unwrap();
        assert_eq!(answer.status().is_success(), path == lists, "{path}");
        assert!(answer.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_or_no_json_get_the_iceberg_error() {
    let lab = Lab::with(|s| s.limits.body_bytes = 10_000).await;
    let api = lab.writer().await;
    let large = json!({"namespace": ["a"], "properties": {"x": "y".repeat(20_000)}});
    assert_eq!(api.post("/namespaces", &large).await.error().0, 413);
    let text = api.send(Method::POST, "/namespaces", Some(&json!({})), &[("content-type", "text/plain")]).await;
    assert!([400, 415].contains(&text.error().0), "{text:?}");
    for (coding, status) in [("gzip", 415), ("zstd", 415), ("identity, gzip", 415), ("Identity", 200)] {
        let headers = [("content-encoding", coding), ("Idempotency-Key", "0191d2c4-7b1c-7000-8000-000000000000")];
        let body = json!({"namespace": ["plain"]});
        for headers in [&headers[..1], &headers] {
            let answer = api.send(Method::POST, "/namespaces", Some(&body), headers).await;
            match status {
                200 => assert!([200, 409].contains(&answer.status.as_u16()), "{answer:?}"),
                _ => assert_eq!((answer.error().0, answer.error().1), (415, "UnsupportedMediaTypeException")),
            }
        }
    }
    assert_eq!(api.delete("/namespaces/plain").await.status, 204);
    assert_eq!(api.post("/namespaces", &json!([1])).await.error().0, 400);
    // A body without an announced length must not slip through either.
    let chunks = futures::stream::iter((0..30).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1_000])));
    let client = reqwest::Client::builder().build().unwrap();
    let request = client.post(format!("{}/v1/lake/namespaces", lab.url())).bearer_auth(api.token());
    assert_eq!(request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap().status(), 413);
    assert_eq!(api.get("/namespaces").await.ok()["namespaces"], json!([]));
}

#[tokio::test]
async fn one_request_too_many_is_told_to_slow_down() {
    let lab = Lab::with(|s| s.limits.concurrency = 2).await;
    let api = lab.writer().await;
    let (mut slow, _other) = (unfinished_post(&lab, api.token()), unfinished_post(&lab, api.token()));
    let refused = async {
        loop {
            let answer = api.get("/namespaces").await;
            if answer.status == 503 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(10), refused).await.unwrap();
    assert_eq!(refused.error().1, "SlowDownException");
    slow.write_all(b"}").unwrap();
    let mut answer = [0; 12];
    tokio::task::spawn_blocking(move || slow.read_exact(&mut answer).map(|()| answer)).await.unwrap().unwrap();
    api.get("/namespaces").await.ok();
}

#[tokio::test]
async fn one_token_does_not_keep_the_server_from_others() {
    let lab = Lab::with(|s| s.limits.concurrency = 8).await;
    let (attacker, other) = (lab.writer().await, lab.client("other", &[(&[], &[Read])]).await);
    let _never_end: Vec<_> = (0..12).map(|_| unfinished_post(&lab, attacker.token())).collect();
    let full = async { while attacker.get("/namespaces").await.status != 503 {} };
    tokio::time::timeout(Duration::from_secs(10), full).await.unwrap();
    for _ in 0..20 {
        other.get("/namespaces").await.ok();
        lab.operator().get("/api/v1/warehouses").await.ok();
    }
    assert_eq!(attacker.get("/namespaces").await.error().1, "SlowDownException");
}

#[tokio::test]
async fn operator_is_served_when_all_places_are_taken() {
    let lab = Lab::with(|s| s.limits.concurrency = 1).await;
    let (attacker, other) = (lab.writer().await, lab.client("other", &[(&[], &[Read])]).await);
    let _never_ends = unfinished_post(&lab, attacker.token());
    let full = async { while other.get("/namespaces").await.status != 503 {} };
    tokio::time::timeout(Duration::from_secs(10), full).await.unwrap();
    for _ in 0..20 {
        lab.operator().get("/api/v1/warehouses").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_holds_its_place_and_is_ended_in_time() {
    let lab = Lab::with(|s| {
        s.limits.concurrency = 2;
        s.limits.body_bytes = 64 << 20;
        s.limits.response_timeout = Duration::from_secs(2);
    })
    .await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let properties: Value =
        (0..32).map(|number| (number.to_string(), json!("y".repeat(1 << 20)))).collect::<Map<_, _>>().into();
    let large = json!({"name": "t", "schema": schema(), "properties": properties});
    api.post("/namespaces/a/tables", &large).await.ok();

    let lazy = [(); 2].map(|()| unread_get(&lab, api.token(), "/v1/lake/namespaces/a/tables/t"));
    assert_eq!(api.get("/namespaces").await.error().1, "SlowDownException");
    tokio::time::sleep(Duration::from_secs(3)).await;
    api.get("/namespaces").await.ok();
    for mut stream in lazy {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        assert!(all.len() < 32 << 20, "the connection went on");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let lab = Lab::with(|s| s.limits.request_timeout = Duration::from_secs(1)).await;
    let api = lab.writer().await;
    let mut slow = unfinished_post(&lab, api.token());
    let began = Instant::now();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = [0; 12];
        slow.read_exact(&mut answer).map(|()| String::from_utf8_lossy(&answer).into_owned())
    });
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer, "HTTP/1.1 408");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_end_waits_for_what_was_begun_and_takes_nothing_new() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let mut slow = unfinished_post(&lab, api.token());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let address = lab.url().trim_start_matches("http://").to_owned();
    let end = tokio::spawn(lab.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!end.is_finished(), "it did not wait");
    assert!(TcpStream::connect(address).is_err(), "it takes new connections");
    slow.write_all(b"}").unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = [0; 12];
        slow.read_exact(&mut answer).map(|()| String::from_utf8_lossy(&answer).into_owned())
    });
    assert_eq!(answer.await.unwrap().unwrap(), "HTTP/1.1 200");
    tokio::time::timeout(Duration::from_secs(5), end).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_leaves_goes_on_answering_but_wants_no_more_of_a_connection() {
    let lab = Lab::with(|s| s.drain_delay = Duration::from_secs(2)).await;
    let (url, ready) = (lab.url(), format!("{}/readyz", lab.platform()));
    let client = reqwest::Client::builder().build().unwrap();
    let get = async |url: &str| client.get(url).send().await.unwrap();
    assert!(!get(&url).await.headers().contains_key("connection"));
    let began = Instant::now();
    let end = tokio::spawn(lab.stop());
    while get(&ready).await.status() == 200 {
        assert!(began.elapsed() < Duration::from_secs(1), "it does not say that it leaves");
    }
    for _ in 0..3 {
        let answer = get(&url).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["connection"]), (200, &"close".parse().unwrap()));
    }
    tokio::time::timeout(Duration::from_secs(5), end).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert!(client.get(&url).send().await.is_err());
}

#[tokio::test]
async fn the_end_does_not_wait_for_requests_that_have_not_come() {
    let lab = Lab::start().await;
    let mut streams = Vec::new();
    for begun in ["", "GET /v1/config HTTP/1.1\r\nhost: x\r\nauth"] {
        let mut stream = TcpStream::connect(lab.url().trim_start_matches("http://")).unwrap();
        stream.write_all(begun.as_bytes()).unwrap();
        streams.push(stream);
    }
    lab.writer().await.get("/namespaces").await.ok();
    tokio::time::timeout(Duration::from_secs(5), lab.stop()).await.expect("it waited for half a head");
}

#[tokio::test]
async fn the_request_id_is_in_the_answer() {
    let lab = Lab::start().await;
    let client = reqwest::Client::builder().build().unwrap();
    let id = async |sent: &str| {
        let response = client.get(lab.url()).header("x-request-id", sent).send().await.unwrap();
        response.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id("abc-123").await, "abc-123");
    assert_eq!(id("a b\"c").await.len(), 36);
}

/// A POST whose last byte is missing.
fn unfinished_post(lab: &Lab, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(lab.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let body = r#"{"namespace": ["slow"]"#;
    write!(
        stream,
        "POST /v1/lake/namespaces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len() + 1
    )
    .unwrap();
    stream
}

/// A GET whose answer has begun to come and is not read.
fn unread_get(lab: &Lab, token: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(lab.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
    stream.peek(&mut [0]).unwrap();
    stream
}
