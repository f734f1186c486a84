//! `/api/v1/tokens`

use catalog_api::BearerToken;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab};

fn body(token: &BearerToken, change: &Value) -> Value {
    let mut body = json!({
        "token_id": token.id(),
        "hash": token.hash(),
        "user_id": "token:test/etl",
        "grants": [{"warehouse": "lake", "privileges": ["Read"]}],
        "expires_at": "2999-01-01T00:00:00Z",
    });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

async fn put(api: &Api, owner: &str, revision: i64, body: &Value) -> Answer {
    api.send(Method::PUT, &format!("/api/v1/tokens/{owner}/{revision}"), Some(body), &[]).await
}

async fn try_token(lab: &Lab, token: &BearerToken) -> StatusCode {
    let url = format!("{}/v1/config?warehouse=lake", lab.url());
    reqwest::Client::builder().build().unwrap().get(url).bearer_auth(token.expose()).send().await.unwrap().status()
}

#[tokio::test]
async fn a_hash_is_written_once() {
    let (lab, token) = (Lab::start().await, BearerToken::generate().unwrap());
    let api = lab.operator();
    assert_eq!(put(&api, "uid", 1, &body(&token, &json!({}))).await.ok()["outcome"], "created");
    assert_eq!(put(&api, "uid", 1, &body(&token, &json!({}))).await.ok()["outcome"], "unchanged");
    let other = BearerToken::generate().unwrap();
    assert_eq!(put(&api, "uid", 1, &body(&other, &json!({}))).await.error().1, "ConflictException");
    assert_eq!(
        (try_token(&lab, &token).await, try_token(&lab, &other).await),
        (StatusCode::OK, StatusCode::UNAUTHORIZED)
    );
}

#[tokio::test]
async fn a_confirmed_token_ends_the_ones_before_and_a_revocation_ends_all() {
    let lab = Lab::start().await;
    let api = lab.operator();
    let (old, new) = (BearerToken::generate().unwrap(), BearerToken::generate().unwrap());
    put(&api, "uid", 1, &body(&old, &json!({}))).await.ok();
    put(&api, "uid", 2, &body(&new, &json!({}))).await.ok();
    assert_eq!(try_token(&lab, &old).await, StatusCode::OK, "an unconfirmed successor ends nothing");
    let cap = json!({"cap_older_at": "2020-01-01T00:00:00Z"});
    let confirmed = api.post("/api/v1/tokens/uid/2/confirm", &cap).await.ok();
    assert_eq!((&confirmed["revision"], confirmed["confirmed_at"].is_string()), (&json!(2), true));
    assert_eq!((try_token(&lab, &old).await, try_token(&lab, &new).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    assert_eq!(api.delete("/api/v1/tokens/uid").await.status, StatusCode::NO_CONTENT);
    assert_eq!(try_token(&lab, &new).await, StatusCode::UNAUTHORIZED);
    assert!(api.get("/api/v1/tokens/uid").await.ok()["revoked_at"].is_string());
    assert_eq!(api.post("/api/v1/tokens/uid/9/confirm", &cap).await.error().0, 404);
    assert_eq!(api.get("/api/v1/tokens/nobody").await.error().0, 404);
}

#[tokio::test]
async fn no_answer_shows_a_hash() {
    let (lab, token) = (Lab::start().await, BearerToken::generate().unwrap());
    let api = lab.operator();
    let put = put(&api, "uid", 1, &body(&token, &json!({}))).await.ok();
    let (newest, list) = (api.get("/api/v1/tokens/uid").await.ok(), api.get("/api/v1/tokens").await.ok());
    for answer in [put, newest, list] {
        assert!(answer.to_string().contains(token.id()));
        assert!(!answer.to_string().contains(&token.hash().to_string()), "{answer}");
    }
}

#[tokio::test]
async fn only_active_tokens_are_listed_and_expired_ones_are_swept() {
    let lab = Lab::with(|s| s.sweeps.token_interval = std::time::Duration::from_millis(50)).await;
    let api = lab.operator();
    for (owner, user, end) in [("a", "token:t/a", "2999-01-01T00:00:00Z"), ("b", "token:t/b", "2020-01-01T00:00:00Z")] {
        let token = BearerToken::generate().unwrap();
        put(&api, owner, 1, &body(&token, &json!({"user_id": user, "expires_at": end}))).await.ok();
    }
    let list = api.get("/api/v1/tokens?total=true").await.ok();
    assert_eq!((&list["total"], &list["items"][0]["user_id"]), (&json!(1), &json!("token:t/a")));
    assert_eq!(api.get("/api/v1/tokens?user_id=token:t/b").await.ok()["items"], json!([]));
    let mut tries = 0;
    while api.get("/api/v1/tokens/b").await.status != StatusCode::NOT_FOUND {
        tries += 1;
        assert!(tries < 100, "the expired token is not swept");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn tokens_without_sense_are_refused() {
    let (lab, token) = (Lab::start().await, BearerToken::generate().unwrap());
    let api = lab.operator();
    for change in [
        json!({"token_id": "short"}),
        json!({"hash": "zz"}),
        json!({"user_id": ""}),
        json!({"grants": [{"warehouse": "No Name", "privileges": ["Read"]}]}),
        json!({"grants": [{"warehouse": "lake", "privileges": []}]}),
        json!({"grants": [{"warehouse": "lake", "privileges": ["Fly"]}]}),
        json!({"grants": [{"warehouse": "lake", "namespaces": ["a..b"], "privileges": ["Read"]}]}),
        json!({"expires_at": "tomorrow"}),
        json!({"expires_at": "-009999-01-03T00:00:00Z"}),
        json!({"expires_at": "9999-12-30T22:00:00.999999999Z"}),
    ] {
        let answer = put(&api, "uid", 1, &body(&token, &change)).await;
        assert_eq!(answer.error().0, 400, "{change}: {answer:?}");
    }
    assert_eq!(put(&api, "uid", 0, &body(&token, &json!({}))).await.error().0, 400);
    let path = "/api/v1/tokens/uid/one";
    assert_eq!(api.send(Method::PUT, path, Some(&body(&token, &json!({}))), &[]).await.error().0, 400);
}

#[tokio::test]
async fn what_no_database_can_hold_is_a_bad_request() {
    let (lab, token) = (Lab::start().await, BearerToken::generate().unwrap());
    let api = lab.operator();
    put(&api, "uid", 1, &body(&token, &json!({}))).await.ok();
    for path in ["/api/v1/tokens/%00", "/api/v1/tokens?user_id=%00"] {
        assert_eq!(api.get(path).await.error().0, 400, "{path}");
    }
    assert_eq!(api.delete("/api/v1/tokens/%00").await.error().0, 400);
    let cap = json!({"cap_older_at": "2020-01-01T00:00:00Z"});
    assert_eq!(api.post("/api/v1/tokens/%00/1/confirm", &cap).await.error().0, 400);
    let early = json!({"cap_older_at": "-009999-01-03T00:00:00Z"});
    assert_eq!(api.post("/api/v1/tokens/uid/1/confirm", &early).await.error().0, 400);
}
