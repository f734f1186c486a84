//! `/api/v1/warehouses/{warehouse}/refs`

use catalog_api::Privilege::{Manage, Read, Write};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{field, tree};
use crate::lab::{Answer, Api, Lab};

async fn create(api: &Api, name: &str, kind: &str, from: Option<&str>) -> Answer {
    let mut body = json!({"name": name, "type": kind});
    if let Some(from) = from {
        body["from"] = from.into();
    }
    api.post(&tree("/refs"), &body).await
}

/// A lake with a namespace `a`, and one who manages it.
async fn lake() -> (Lab, Api) {
    let lab = Lab::start().await;
    let api = lab.manager().await;
    api.namespace(&["a"]).await;
    (lab, api)
}

async fn head(api: &Api, name: &str) -> Value {
    api.get(&tree(&format!("/refs/{name}"))).await.ok()["commit"].clone()
}

#[tokio::test]
async fn a_branch_begins_as_what_it_is_made_from_and_goes_its_own_way() {
    let (_lab, api) = lake().await;
    let main = head(&api, "main").await;
    let made = create(&api, "dev", "branch", None).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.body, json!({"name": "dev", "type": "branch", "commit": main, "protected": false}));
    api.post("/namespaces", &json!({"namespace": ["b"]})).await.ok();
    assert_eq!(head(&api, "dev").await, main);
    assert_ne!(head(&api, "main").await, main);
    // From a branch with a slash, a tag, a commit, a time.
    create(&api, "team/x.y", "branch", Some("dev")).await.ok();
    create(&api, "v1", "tag", Some("team/x.y")).await.ok();
    for from in ["v1", main.as_str().unwrap(), "dev@{2999-01-01T00:00:00Z}"] {
        let name = format!("from-{}", from.len());
        assert_eq!(create(&api, &name, "branch", Some(from)).await.ok()["commit"], main, "{from}");
    }
    assert_eq!(head(&api, "team%2Fx.y").await, main);
}

#[tokio::test]
async fn a_tag_names_a_commit_for_good() {
    let (_lab, api) = lake().await;
    let main = head(&api, "main").await;
    let tag = create(&api, "v1", "tag", None).await.ok();
    assert_eq!((&tag["commit"], &tag["type"], &tag["protected"]), (&main, &json!("tag"), &json!(false)));
    assert!(tag["created_at"].is_string());
    for change in [json!({"name": "v2"}), json!({"protected": true})] {
        let refused = api.patch(&tree("/refs/v1"), &change).await;
        assert_eq!(refused.error().0, 400, "{change}");
    }
    assert_eq!(api.delete(&tree("/refs/v1")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.delete(&tree("/refs/v1")).await.error().0, 404);
}

#[tokio::test]
async fn there_is_no_tag_of_nothing() {
    let lab = Lab::start().await;
    let api = lab.manager().await;
    assert_eq!(head(&api, "main").await, Value::Null);
    assert_eq!(create(&api, "v1", "tag", None).await.error().0, 404);
    create(&api, "dev", "branch", None).await.ok();
}

#[tokio::test]
async fn a_branch_is_renamed_protected_and_deleted() {
    let (_lab, api) = lake().await;
    create(&api, "dev", "branch", None).await.ok();
    let changed = api.patch(&tree("/refs/dev"), &json!({"name": "next", "protected": true})).await.ok();
    assert_eq!((&changed["name"], &changed["protected"]), (&json!("next"), &json!(true)));
    assert_eq!(api.get(&tree("/refs/dev")).await.error().0, 404);
    let refused = api.delete(&tree("/refs/next")).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (409, "ConflictException"));
    assert_eq!(message, "branch next is protected: take its protection off before it is deleted");
    // As it is already.
    api.patch(&tree("/refs/next"), &json!({"name": "next", "protected": true})).await.ok();
    api.patch(&tree("/refs/next"), &json!({"protected": false})).await.ok();
    assert_eq!(api.delete(&tree("/refs/next")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(field(&api.get(&tree("/refs")).await.ok(), "name"), ["main"]);
}

#[tokio::test]
async fn main_stays_and_names_are_unique() {
    let (_lab, api) = lake().await;
    create(&api, "dev", "branch", None).await.ok();
    create(&api, "v1", "tag", None).await.ok();
    assert_eq!(api.delete(&tree("/refs/main")).await.error().0, 409);
    assert_eq!(api.patch(&tree("/refs/main"), &json!({"name": "old"})).await.error().0, 409);
    for (name, kind) in [("dev", "tag"), ("v1", "branch"), ("main", "branch")] {
        let refused = create(&api, name, kind, None).await;
        assert_eq!((refused.error().0, refused.error().1), (409, "AlreadyExistsException"), "{name}");
    }
    assert_eq!(api.patch(&tree("/refs/dev"), &json!({"name": "v1"})).await.error().1, "AlreadyExistsException");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let (_lab, api) = lake().await;
    for body in [
        json!({"name": "", "type": "branch"}),
        json!({"name": "a b", "type": "branch"}),
        json!({"name": "a@b", "type": "tag"}),
        json!({"name": "\u{0}", "type": "tag"}),
        json!({"name": "0191d2c4-7b1c-7000-8000-000000000000", "type": "branch"}),
        json!({"name": "x".repeat(129), "type": "branch"}),
        json!({"name": "x", "type": "twig"}),
        json!({"name": "x"}),
        json!({"name": "x", "type": "branch", "form": "main"}),
        json!({"name": "x", "type": "branch", "from": "main@{yesterday}"}),
    ] {
        assert_eq!(api.post(&tree("/refs"), &body).await.error().0, 400, "{body}");
    }
    for from in ["nowhere", "main@{1999-01-01T00:00:00Z}", "0191d2c4-7b1c-7000-8000-000000000000"] {
        assert_eq!(create(&api, "x", "branch", Some(from)).await.error().0, 404, "{from}");
    }
    assert_eq!(api.get(&tree("/refs/%00")).await.error().0, 404);
    assert_eq!(api.patch(&tree("/refs/main"), &json!({"name": "a b"})).await.error().0, 400);
}

#[tokio::test]
async fn a_branch_that_would_be_too_deep_is_a_bad_request() {
    let (_lab, api) = lake().await;
    let name = |depth: usize| if depth == 0 { "main".to_owned() } else { format!("d{depth}") };
    for depth in 1..=16 {
        create(&api, &name(depth), "branch", Some(&name(depth - 1))).await.ok();
    }
    let refused = create(&api, "d17", "branch", Some("d16")).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (400, "ValidationException"));
    assert!(message.starts_with("a branch has at most 16 ancestors"), "{message}");
    create(&api, "v1", "tag", Some("d16")).await.ok();
}

#[tokio::test]
async fn a_list_has_branches_and_tags_by_name_whatever_its_pages() {
    let (_lab, api) = lake().await;
    for name in ["b1", "b3", "B2"] {
        create(&api, name, "branch", None).await.ok();
    }
    for name in ["b2", "a", "zz"] {
        create(&api, name, "tag", None).await.ok();
    }
    let all = ["B2", "a", "b1", "b2", "b3", "main", "zz"];
    assert_eq!(field(&api.get(&tree("/refs")).await.ok(), "name"), all);
    assert_eq!(field(&api.get(&tree("/refs?type=branch")).await.ok(), "name"), ["B2", "b1", "b3", "main"]);
    assert_eq!(field(&api.get(&tree("/refs?type=tag")).await.ok(), "name"), ["a", "b2", "zz"]);
    for size in 1..=8 {
        let (mut by_token, mut by_number) = (Vec::new(), Vec::new());
        let mut query = format!("?page_size={size}");
        loop {
            let page = api.get(&tree(&format!("/refs{query}"))).await.ok();
            by_token.extend(field(&page, "name"));
            let Some(token) = page["next_page_token"].as_str() else { break };
            query = format!("?page_size={size}&page_token={token}");
        }
        for page in 1..=all.len().div_ceil(size) {
            let page = api.get(&tree(&format!("/refs?page_size={size}&page={page}"))).await.ok();
            by_number.extend(field(&page, "name"));
        }
        assert_eq!((&by_token[..], &by_number[..]), (&all.map(str::to_owned)[..], &all.map(str::to_owned)[..]));
    }
    assert_eq!(field(&api.get(&tree("/refs?page=9999")).await.ok(), "name"), [""; 0]);
    let first = api.get(&tree("/refs?page_size=1")).await.ok()["next_page_token"].clone();
    for bad in ["page=0", "type=twig", &format!("type=tag&page_token={}", first.as_str().unwrap())] {
        assert_eq!(api.get(&tree(&format!("/refs?{bad}"))).await.error().0, 400, "{bad}");
    }
}

#[tokio::test]
async fn refs_are_for_those_with_a_grant_and_changed_by_those_who_manage_all_of_it() {
    let (lab, api) = lake().await;
    create(&api, "dev", "branch", None).await.ok();
    let stranger = lab.client("stranger", &[]).await;
    let reader = lab.client("reader", &[(&["a"], &[Read])]).await;
    let writer = lab.client("one-who-writes", &[(&[], &[Read, Write])]).await;
    let partly = lab.client("partly", &[(&["a"], &[Read, Write, Manage])]).await;
    assert_eq!(stranger.get(&tree("/refs")).await.error().1, "NoSuchWarehouseException");
    assert_eq!(stranger.get("/api/v1/warehouses/pond/refs").await.error().2, "Warehouse does not exist: pond");
    assert_eq!(api.get("/api/v1/warehouses/La%20ke/refs").await.error().1, "NoSuchWarehouseException");
    assert_eq!(lab.operator().get(&tree("/refs")).await.error().0, 403);
    for api in [&reader, &writer, &partly] {
        assert_eq!(field(&api.get(&tree("/refs")).await.ok(), "name"), ["dev", "main"]);
        let change = json!({"protected": true});
        let refused = [
            create(api, "x", "branch", None).await,
            api.patch(&tree("/refs/dev"), &change).await,
            api.delete(&tree("/refs/dev")).await,
        ];
        for answer in refused {
            assert_eq!(answer.error().1, "ForbiddenException");
        }
    }
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_as_before() {
    let (_lab, api) = lake().await;
    let key = |n: u8| format!("01a20b0a-605d-745f-8041-fce9fd8568f{n}");
    let again = async |n: u8, method: Method, path: &str, body: Option<Value>| {
        let path = tree(path);
        let first = api.send(method.clone(), &path, body.as_ref(), &[("Idempotency-Key", &key(n))]).await;
        let second = api.send(method, &path, body.as_ref(), &[("Idempotency-Key", &key(n))]).await;
        assert_eq!((first.status, &first.body), (second.status, &second.body));
        assert!(first.status.is_success(), "{first:?}");
    };
    again(1, Method::POST, "/refs", Some(json!({"name": "dev", "type": "branch"}))).await;
    again(2, Method::PATCH, "/refs/dev", Some(json!({"name": "next"}))).await;
    again(3, Method::DELETE, "/refs/next", None).await;
}
