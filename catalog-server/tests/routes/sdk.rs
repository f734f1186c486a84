//! The SDK on the real server: what a call answers is what the server means.

use catalog_api::management::{ConfirmToken, Outcome, PutToken, PutWarehouse};
use catalog_api::{BearerToken, ErrorType, Grant, Privilege};
use catalog_client::Client;
use futures::TryStreamExt as _;

use crate::lab::Lab;

fn warehouse(lab: &Lab, name: &str, owner: &str) -> PutWarehouse {
    PutWarehouse { owner_uid: owner.into(), location: lab.location(name), ..lab.warehouse() }
}

fn token(token: &BearerToken, user: &str) -> PutToken {
    PutToken {
        token_id: token.id().to_owned(),
        hash: token.hash(),
        user_id: user.into(),
        grants: vec![Grant { warehouse: "lake".into(), namespaces: vec![], privileges: vec![Privilege::Read] }],
        expires_at: "2999-01-01T00:00:00Z".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_warehouse_is_put_found_let_go_and_adopted() {
    let lab = Lab::start().await;
    let one = warehouse(&lab, "pond", "one");
    let outcome = async |put: &PutWarehouse| lab.admin.put_warehouse("pond", put).await.map(|answer| answer.outcome);
    assert_eq!(outcome(&one).await.unwrap(), Outcome::Created);
    assert_eq!(outcome(&one).await.unwrap(), Outcome::Unchanged);
    assert!(outcome(&warehouse(&lab, "pond", "two")).await.unwrap_err().is(ErrorType::ConflictException));
    assert!(!lab.admin.detach_warehouse("pond", "two").await.unwrap(), "it is not two's");
    assert!(lab.admin.detach_warehouse("pond", "one").await.unwrap());
    assert_eq!(lab.admin.get_warehouse("pond").await.unwrap().unwrap().owner_uid, None);
    assert_eq!(outcome(&warehouse(&lab, "pond", "two")).await.unwrap(), Outcome::Adopted);
    assert_eq!(lab.admin.get_warehouse("sea").await.unwrap(), None);
}

#[tokio::test]
async fn a_token_is_put_confirmed_and_revoked() {
    let lab = Lab::start().await;
    let (one, two) = (BearerToken::generate().unwrap(), BearerToken::generate().unwrap());
    lab.admin.put_token("u", 1, &token(&one, "token:a/b")).await.unwrap();
    let error = lab.admin.put_token("u", 1, &token(&two, "token:a/b")).await.unwrap_err();
    assert!(error.is(ErrorType::ConflictException), "{error}");
    lab.admin.put_token("u", 2, &token(&two, "token:a/b")).await.unwrap();
    let cap = ConfirmToken { cap_older_at: "2020-01-01T00:00:00Z".parse().unwrap() };
    assert!(lab.admin.confirm_token("u", 2, &cap).await.unwrap().unwrap().confirmed_at.is_some());
    assert_eq!(lab.admin.confirm_token("u", 3, &cap).await.unwrap(), None);
    for _ in 0..2 {
        lab.admin.revoke_tokens("u").await.unwrap();
    }
    assert!(lab.admin.newest_token("u").await.unwrap().unwrap().revoked_at.is_some());
    assert_eq!(lab.admin.newest_token("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn streams_yield_everything_over_many_pages() {
    let lab = Lab::start().await;
    for name in ["d", "b", "c", "a"] {
        lab.admin.put_warehouse(name, &warehouse(&lab, name, "o")).await.unwrap();
        let made = token(&BearerToken::generate().unwrap(), &format!("token:x/{name}"));
        lab.admin.put_token(name, 1, &made).await.unwrap();
    }
    let names: Vec<_> = lab.admin.warehouses().page_size(2).map_ok(|w| w.name).try_collect().await.unwrap();
    assert_eq!(names, ["a", "b", "c", "d", "lake"]);
    let users: Vec<_> = lab.admin.tokens().page_size(3).map_ok(|t| t.user_id).try_collect().await.unwrap();
    assert_eq!(users, ["token:x/a", "token:x/b", "token:x/c", "token:x/d"]);
    let users: Vec<_> = lab.admin.tokens().of_user("token:x/b").map_ok(|t| t.user_id).try_collect().await.unwrap();
    assert_eq!(users, ["token:x/b"]);
}

#[tokio::test]
async fn who_is_not_the_operator_is_told_so() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let client = |token| Client::builder(lab.url(), token).build().unwrap();
    let principal = client(BearerToken::parse(api.token()).unwrap());
    assert!(principal.newest_token("u").await.unwrap_err().is(ErrorType::ForbiddenException));
    let stranger = client(BearerToken::generate().unwrap());
    assert!(stranger.get_warehouse("lake").await.unwrap_err().is(ErrorType::NotAuthorizedException));
}
