//! The SDK on the real server: what a call answers is what the server means.

use catalog_api::iceberg::TableIdentifier;
use catalog_api::management::{
    ConfirmToken, CreateRef, MergeMode, MergeRequest, Outcome, PickRequest, PutToken, PutWarehouse, RefType, UndropAs,
    UndropRequest, UpdateRef,
};
use catalog_api::{BearerToken, ErrorType, Grant, Privilege};
use catalog_client::{Client, Error, Items, Warehouse};
use futures::TryStreamExt as _;
use reqwest::Method;
use serde_json::json;

use crate::lab::{Api, Lab, schema, set};

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

/// A principal that may do everything with `lake`, and the same as the SDK knows it.
async fn manager(lab: &Lab) -> (Api, Warehouse) {
    let api = lab.client("manager", &[(&[], &[Privilege::Read, Privilege::Write, Privilege::Manage])]).await;
    let token = BearerToken::parse(api.token()).unwrap();
    let client = Client::builder(lab.url(), token).build().unwrap();
    (api, client.warehouse("lake"))
}

fn branch(name: &str) -> CreateRef {
    CreateRef { name: name.into(), r#type: RefType::Branch, from: None }
}

fn merge(from: &str, into: &str) -> MergeRequest {
    let (mode, modes, dry_run, message) = (MergeMode::Normal, Vec::new(), false, None);
    MergeRequest { from: from.into(), into: into.into(), mode, modes, dry_run, message }
}

async fn names(tables: Items<TableIdentifier>) -> Vec<String> {
    tables.map_ok(|table| table.name).try_collect().await.unwrap()
}

#[tokio::test]
async fn a_branch_is_made_compared_merged_and_deleted() {
    let lab = Lab::start().await;
    let (api, lake) = manager(&lab).await;
    api.namespace(&["a"]).await;
    assert_eq!(lake.create_ref(&branch("work")).await.unwrap().name, "work");
    assert!(lake.create_ref(&branch("work")).await.unwrap_err().is(ErrorType::AlreadyExistsException));
    for name in ["one", "three", "two"] {
        let body = json!({"name": name, "schema": schema()});
        api.send(Method::POST, "/namespaces/a/tables", Some(&body), &[("x-pangolin-ref", "work")]).await.ok();
    }
    assert_eq!(names(lake.tables(&["a"])).await, [""; 0]);
    assert_eq!(names(lake.at("work").tables(&["a"]).page_size(2)).await, ["one", "three", "two"]);
    let changes: Vec<_> = lake.diff("main", "work").page_size(2).map_ok(|c| c.name).try_collect().await.unwrap();
    assert_eq!(changes, ["one", "three", "two"]);
    let report = lake.merge(&merge("work", "main")).await.unwrap();
    let commit = report.commit.unwrap();
    assert_eq!((report.changes, lake.commit(commit.id).await.unwrap()), (3, Some(commit.clone())));
    assert_eq!(lake.changes(commit.id).page_size(1).try_collect::<Vec<_>>().await.unwrap().len(), 3);
    let of_two = lake.at("work").log().of_table(&["a"], "two").page_size(1);
    assert_eq!(of_two.try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert!(lake.delete_ref("work").await.unwrap() && !lake.delete_ref("work").await.unwrap());
    assert_eq!(lake.get_ref("work").await.unwrap(), None);
    assert_eq!(lake.refs().map_ok(|one| one.name).try_collect::<Vec<_>>().await.unwrap(), ["main"]);
}

#[tokio::test]
async fn a_conflict_names_what_both_sides_changed_and_a_revert_takes_back() {
    let lab = Lab::start().await;
    let (api, lake) = manager(&lab).await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    lake.create_ref(&branch("work")).await.unwrap();
    api.commit("a", "t", json!([]), set("by", "main")).await.ok();
    let body = json!({"requirements": [], "updates": set("by", "work")});
    api.send(Method::POST, "/namespaces/a/tables/t", Some(&body), &[("x-pangolin-ref", "work")]).await.ok();
    let error = lake.merge(&merge("work", "main")).await.unwrap_err();
    assert!(matches!(&error, Error::Conflicts { report, .. } if report.conflicts[0].name == "t"), "{error:?}");
    let dry = MergeRequest { dry_run: true, ..merge("work", "main") };
    assert_eq!(lake.merge(&dry).await.unwrap().conflict_count, 1);
    let newest = lake.log().try_next().await.unwrap().unwrap();
    let (mode, modes, dry_run, message) = (MergeMode::Normal, Vec::new(), false, None);
    let pick = PickRequest { commit: newest.id, into: "main".into(), mode, modes, dry_run, message };
    assert_eq!(lake.revert(&pick).await.unwrap().changes, 1);
    assert_eq!(lake.merge(&merge("work", "main")).await.unwrap().changes, 1, "only one side has changed it now");
    assert!(lake.update_ref("main", &UpdateRef { protected: Some(true), name: None }).await.unwrap().protected);
}

#[tokio::test]
async fn what_was_dropped_is_listed_and_comes_back() {
    let lab = Lab::start().await;
    let (api, lake) = manager(&lab).await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.delete("/namespaces/a/tables/t").await;
    let dropped: Vec<_> = lake.dropped().of_namespace(&["a"]).try_collect().await.unwrap();
    assert_eq!(dropped.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["t"]);
    let undrop = UndropRequest {
        reference: None,
        kind: dropped[0].kind,
        namespace: vec!["a".into()],
        name: "t".into(),
        commit: None,
        r#as: Some(UndropAs { namespace: vec!["a".into()], name: "again".into() }),
    };
    assert_eq!(lake.undrop(&undrop).await.unwrap().content.id, dropped[0].content.id);
    assert_eq!(names(lake.tables(&["a"])).await, ["again"]);
    assert_eq!(lake.namespaces(&[""; 0]).try_collect::<Vec<_>>().await.unwrap(), [["a"]]);
    assert_eq!(names(lake.views(&["a"])).await, [""; 0]);
}
