//! The SDK against a small server that answers as the contract says. The real server is poked in `catalog-server/tests`.
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get};
use catalog_api::management::{ConfirmToken, MergeMode, PickRequest, TokenInfo, UpdateRef};
use catalog_api::{BearerToken, ErrorBody, ErrorType, PageOf, PageQuery};
use catalog_client::{Client, Error, Retries};
use futures::TryStreamExt as _;
use serde_json::json;

const FAST: Retries = Retries { times: 3, first: Duration::from_millis(5), longest: Duration::from_secs(2) };

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn client(address: SocketAddr) -> Client {
    let token = BearerToken::generate().unwrap();
    Client::builder(format!("http://{address}"), token).retries(FAST).build().unwrap()
}

fn refusal(r#type: ErrorType, message: &str) -> Response {
    let status = StatusCode::from_u16(r#type.code()).unwrap();
    (status, Json(ErrorBody::new(r#type, message))).into_response()
}

fn token(number: i64) -> TokenInfo {
    TokenInfo {
        token_id: format!("{number:016}"),
        user_id: "token:team/etl".into(),
        owner_uid: "u".into(),
        revision: number,
        grants: Vec::new(),
        expires_at: jiff::Timestamp::UNIX_EPOCH,
        confirmed_at: None,
        revoked_at: None,
    }
}

/// Answers `failures` times with `failure`, then with the token.
fn flaky(failures: u32, failure: fn() -> Response) -> (Router, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let router = Router::new().fallback(any(move || {
        let call = seen.fetch_add(1, Ordering::SeqCst);
        async move { if call < failures { failure() } else { Json(token(1)).into_response() } }
    }));
    (router, calls)
}

#[tokio::test]
async fn a_server_that_is_busy_for_a_moment_is_asked_again() {
    let (router, calls) = flaky(2, || refusal(ErrorType::ServiceUnavailableException, "away"));
    let found = client(serve(router).await).newest_token("u").await.unwrap();
    assert_eq!(found, Some(token(1)));
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up_with_its_own_words() {
    let (router, calls) = flaky(u32::MAX, || refusal(ErrorType::SlowDownException, "too many"));
    let error = client(serve(router).await).newest_token("u").await.unwrap_err();
    assert!(error.is(ErrorType::SlowDownException) && error.is_retryable(), "{error:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 1 + FAST.times);
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let failure = || {
        let mut answer = refusal(ErrorType::SlowDownException, "later");
        answer.headers_mut().insert("retry-after", "1".parse().unwrap());
        answer
    };
    let (router, _) = flaky(1, failure);
    let begin = Instant::now();
    client(serve(router).await).newest_token("u").await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    let (router, calls) = flaky(u32::MAX, || refusal(ErrorType::ForbiddenException, "no"));
    let error = client(serve(router).await).revoke_tokens("u").await.unwrap_err();
    assert_eq!(error.status(), Some(403));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_not_there_is_none_but_a_proxys_404_is_an_error() {
    let (router, _) = flaky(u32::MAX, || refusal(ErrorType::NotFoundException, "no such token"));
    let there = client(serve(router).await);
    assert_eq!(there.newest_token("u").await.unwrap(), None);
    assert!(!there.detach_warehouse("lake", "u").await.unwrap());
    let cap = ConfirmToken { cap_older_at: jiff::Timestamp::UNIX_EPOCH };
    assert_eq!(there.confirm_token("u", 1, &cap).await.unwrap(), None);

    let (router, _) = flaky(u32::MAX, || (StatusCode::NOT_FOUND, "nginx").into_response());
    let error = client(serve(router).await).newest_token("u").await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 404, .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_unreachable_and_retryable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap(); // accepts and never answers
    let quick = |address| {
        let builder = Client::builder(format!("http://{address}"), BearerToken::generate().unwrap());
        builder.timeout(Duration::from_millis(100)).retries(Retries::NONE).build().unwrap()
    };
    let error = quick(silent).newest_token("u").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_retryable(), "{error:?}");
    drop(listener);
    let error = quick(silent).newest_token("u").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_something_else_is_garbled() {
    let router = Router::new().fallback(any(|| async { "welcome" }));
    let error = client(serve(router).await).newest_token("u").await.unwrap_err();
    assert!(matches!(error, Error::Garbled { .. }) && !error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn names_are_encoded_into_the_path_and_the_token_goes_into_the_header_only() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let handler = move |Path(owner): Path<String>, headers: HeaderMap| {
        let header = headers["authorization"].to_str().unwrap().to_owned();
        log.lock().unwrap().push((owner, header));
        async { Json(token(1)) }
    };
    let address = serve(Router::new().route("/api/v1/tokens/{owner}", get(handler))).await;
    let secret = BearerToken::generate().unwrap();
    let header = format!("Bearer {}", secret.expose());
    let client = Client::builder(format!("http://{address}"), secret).build().unwrap();
    client.newest_token("a/b ?#%2F").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [("a/b ?#%2F".to_owned(), header)]);
}

/// Pages of two over the numbers 1 to 5, an empty page among them; remembers the queries.
async fn paged(
    State(queries): State<Arc<Mutex<Vec<PageQuery>>>>,
    Query(query): Query<PageQuery>,
) -> Json<PageOf<TokenInfo>> {
    queries.lock().unwrap().push(query.clone());
    let (items, next) = match query.page_token.as_deref() {
        None => (vec![token(1), token(2)], Some("b")),
        Some("b") => (vec![], Some("c")),
        Some("c") => (vec![token(3), token(4)], Some("d")),
        _ => (vec![token(5)], None),
    };
    Json(PageOf { items, next_page_token: next.map(Into::into), total: None })
}

#[tokio::test]
async fn a_stream_yields_all_items_of_all_pages_in_order() {
    let queries = Arc::new(Mutex::new(Vec::new()));
    let router = Router::new().route("/api/v1/tokens", get(paged)).with_state(Arc::clone(&queries));
    let client = client(serve(router).await);
    let all: Vec<_> = client.tokens().page_size(2).try_collect().await.unwrap();
    assert_eq!(all, (1..=5).map(token).collect::<Vec<_>>());
    let tokens: Vec<_> = queries.lock().unwrap().iter().map(|q| (q.page_size, q.page_token.clone())).collect();
    let next = |t: &str| (Some(2), Some(t.to_owned()));
    assert_eq!(tokens, [(Some(2), None), next("b"), next("c"), next("d")]);
}

#[tokio::test]
async fn pages_in_a_circle_end_in_an_error() {
    let handler =
        || async { Json(PageOf { items: Vec::<TokenInfo>::new(), next_page_token: Some("same".into()), total: None }) };
    let address = serve(Router::new().route("/api/v1/tokens", get(handler))).await;
    let result = client(address).tokens().of_user("me").try_collect::<Vec<_>>().await;
    assert!(matches!(result, Err(Error::EndlessPages { .. })), "{result:?}");
}

#[tokio::test]
async fn all_tries_of_a_mutation_carry_one_key_and_two_calls_two() {
    let keys = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&keys);
    let handler = move |headers: HeaderMap| {
        let mut seen = seen.lock().unwrap();
        seen.push(headers["idempotency-key"].clone());
        let is_odd = seen.len() % 2 == 1;
        let main = json!({"name": "main", "type": "branch", "protected": true});
        async move {
            if is_odd { refusal(ErrorType::ServiceUnavailableException, "away") } else { Json(main).into_response() }
        }
    };
    let lake = client(serve(Router::new().fallback(any(handler))).await).warehouse("lake");
    for _ in 0..2 {
        lake.update_ref("main", &UpdateRef { protected: Some(true), ..UpdateRef::default() }).await.unwrap();
    }
    let keys = keys.lock().unwrap();
    assert!(keys.len() == 4 && keys[0] == keys[1] && keys[2] == keys[3] && keys[0] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn a_merge_with_conflicts_is_an_error_that_has_the_report() {
    let report = json!({"changes": 0, "conflict_count": 1, "conflicts": [
        {"kind": "table", "namespace": ["a"], "name": "t", "reason": "both_changed"}]});
    let body = json!({"error": {"message": "m", "type": "ConflictException", "code": 409}, "report": report});
    let router = Router::new().fallback(any(move || async { (StatusCode::CONFLICT, Json(body)) }));
    let lake = client(serve(router).await).warehouse("lake");
    let pick = PickRequest {
        commit: uuid::Uuid::nil(),
        into: "main".into(),
        mode: MergeMode::Normal,
        modes: Vec::new(),
        dry_run: false,
        message: None,
    };
    let error = lake.revert(&pick).await.unwrap_err();
    assert_eq!((error.status(), error.is_retryable()), (Some(409), false));
    assert!(matches!(&error, Error::Conflicts { report, .. } if report.conflicts[0].name == "t"), "{error:?}");
}

#[tokio::test]
async fn lists_of_the_protocol_ask_for_pages_of_the_ref() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let handler = move |uri: Uri| {
        let mut log = log.lock().unwrap();
        log.push(uri.to_string());
        let table = json!({"namespace": ["a", "b.c"], "name": format!("t{}", log.len())});
        let next = (log.len() < 2).then_some("x y");
        async move { Json(json!({"identifiers": [table], "next-page-token": next})) }
    };
    let lake = client(serve(Router::new().fallback(any(handler))).await).warehouse("lake");
    let mut tables = lake.at("feature").tables(&["a", "b.c"]).page_size(1);
    assert_eq!(tables.try_next().await.unwrap().unwrap().name, "t1");
    assert_eq!(asked.lock().unwrap().len(), 1, "the second page is not fetched before it is needed");
    assert_eq!(tables.try_next().await.unwrap().unwrap().name, "t2");
    assert_eq!(tables.try_next().await.unwrap(), None);
    let path = "/v1/lake~ZmVhdHVyZQ/namespaces/a%1Fb.c/tables?pageSize=1&pageToken=";
    assert_eq!(*asked.lock().unwrap(), [path.to_owned(), format!("{path}x+y")]);
}
