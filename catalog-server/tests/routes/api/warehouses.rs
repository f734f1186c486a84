//! `/api/v1/warehouses`

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab};

async fn put(api: &Api, name: &str, body: &Value) -> Answer {
    api.send(Method::PUT, &format!("/api/v1/warehouses/{name}"), Some(body), &[]).await
}

fn body(lab: &Lab, change: &Value) -> Value {
    let mut body = json!({"owner_uid": "uid", "namespace": "team", "revision": "1", "location": lab.location("pond")});
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn a_put_is_idempotent_and_says_what_it_did() {
    let lab = Lab::start().await;
    let api = lab.operator();
    let outcome = async |change: Value| put(&api, "pond", &body(&lab, &change)).await.ok()["outcome"].clone();
    assert_eq!(outcome(json!({})).await, "created");
    assert_eq!(outcome(json!({})).await, "unchanged");
    assert_eq!(outcome(json!({"revision": "2", "default_properties": {"a": "b"}})).await, "updated");
    let pond = api.get("/api/v1/warehouses/pond").await.ok();
    assert_eq!((&pond["revision"], &pond["default_properties"]), (&json!("2"), &json!({"a": "b"})));
    assert_eq!(pond.get("retention"), None);
    let policy = json!({"age_seconds": 60, "commits": 5});
    assert_eq!(outcome(json!({"revision": "3", "retention": policy})).await, "updated");
    assert_eq!(api.get("/api/v1/warehouses/pond").await.ok()["retention"], policy);
    let left: Vec<_> =
        std::fs::read_dir(lab.path().join("pond")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, [".pangolin-catalog.json"], "the probe left a file");
}

#[tokio::test]
async fn a_live_owner_is_not_robbed_and_a_name_that_was_let_go_is_adopted() {
    let lab = Lab::start().await;
    let api = lab.operator();
    put(&api, "pond", &body(&lab, &json!({}))).await.ok();
    let other = json!({"owner_uid": "other"});
    assert_eq!(put(&api, "pond", &body(&lab, &other)).await.error().1, "ConflictException");
    assert_eq!(api.delete("/api/v1/warehouses/pond?owner_uid=other").await.error().0, 404);
    assert_eq!(api.delete("/api/v1/warehouses/pond?owner_uid=uid").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/api/v1/warehouses/pond").await.ok().get("owner_uid"), None);
    assert_eq!(put(&api, "pond", &body(&lab, &other)).await.ok()["outcome"], "adopted");
    let robbed = put(&api, "pond", &body(&lab, &json!({"owner_uid": "third", "take_over": true}))).await.ok();
    assert_eq!(robbed["warehouse"]["owner_uid"], "third");
}

#[tokio::test]
async fn storage_is_tried_again_when_asked() {
    let lab = Lab::start().await;
    let (api, root) = (lab.operator(), lab.path().join("pond"));
    put(&api, "pond", &body(&lab, &json!({}))).await.ok();
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::write(&root, "not a directory").unwrap();
    assert_eq!(put(&api, "pond", &body(&lab, &json!({}))).await.ok()["outcome"], "unchanged");
    let probed = || json!({"probe": true});
    let refused = put(&api, "pond", &body(&lab, &probed())).await;
    assert!(refused.error().2.contains("storage") || refused.error().2.contains("location"), "{refused:?}");
    std::fs::remove_file(&root).unwrap();
    assert_eq!(put(&api, "pond", &body(&lab, &probed())).await.ok()["outcome"], "unchanged");
}

#[tokio::test]
async fn take_over_across_namespaces_is_refused() {
    let lab = Lab::start().await;
    let api = lab.operator();
    put(&api, "pond", &body(&lab, &json!({}))).await.ok();
    let thief = json!({"owner_uid": "other", "namespace": "others", "take_over": true});
    let refused = put(&api, "pond", &body(&lab, &thief)).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (409, "ConflictException"));
    assert!(message.contains("in another namespace"), "{message}");
    assert_eq!(api.get("/api/v1/warehouses/pond").await.ok()["owner_uid"], "uid");
    assert_eq!(api.delete("/api/v1/warehouses/pond?owner_uid=uid").await.status, StatusCode::NO_CONTENT);
    let adopted = put(&api, "pond", &body(&lab, &thief)).await.ok();
    assert_eq!((&adopted["outcome"], &adopted["warehouse"]["namespace"]), (&json!("adopted"), &json!("others")));
}

#[tokio::test]
async fn grant_of_another_namespace_counts_only_with_consent() {
    let lab = Lab::start().await;
    let (own, api) = (lab.writer().await, lab.operator());
    let guest = lab.guest("guests", "reader").await;
    let status = async |path: &str| guest.get(path).await.status.as_u16();
    own.post("/namespaces", &json!({"namespace": ["a"]})).await.ok();
    let lake = |revision: &str, allowed: Value| {
        let mut put = serde_json::to_value(lab.warehouse()).unwrap();
        (put["revision"], put["allowed_namespaces"]) = (json!(revision), allowed);
        put
    };
    let (missing, refused) = (guest.get("/v1/nowhere/namespaces").await, guest.get("/namespaces").await);
    let ((code, kind, message), (.., other)) = (refused.error(), missing.error());
    assert_eq!((code, kind), (404, missing.error().1));
    assert_eq!(message, other.replace("nowhere", "lake"), "a missing warehouse and a foreign one look the same");
    for (revision, allowed, expected) in
        [("2", json!(["guests"]), 200), ("3", json!(["others"]), 404), ("4", json!(["*"]), 200), ("5", json!([]), 404)]
    {
        put(&api, "lake", &lake(revision, allowed.clone())).await.ok();
        for path in ["/namespaces", "/v1/config?warehouse=lake", "/namespaces/a", "/api/v1/warehouses/lake/refs"] {
            assert_eq!(status(path).await, expected, "{path} with {allowed}");
        }
    }
    assert_eq!(own.get("/namespaces").await.status, StatusCode::OK);
}

#[tokio::test]
async fn root_of_another_catalog_is_refused_until_its_marker_is_deleted() {
    let lab = Lab::start().await;
    let root = lab.path().join("shared");
    let shared = |revision: &str| json!({"location": lab.location("shared"), "revision": revision});
    put(&lab.operator(), "pond", &body(&lab, &shared("1"))).await.ok();

    let second = Lab::next_to(&lab).await;
    let refused = put(&second.operator(), "pond", &body(&lab, &shared("1"))).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (409, "AlreadyExistsException"));
    assert!(message.contains("belongs to another catalog") && message.contains(".pangolin-catalog.json"), "{message}");
    assert_eq!(second.operator().get("/api/v1/warehouses/pond").await.error().0, 404);

    assert_eq!(put(&lab.operator(), "pond", &body(&lab, &shared("2"))).await.ok()["outcome"], "updated");
    std::fs::remove_file(root.join(".pangolin-catalog.json")).unwrap();
    put(&second.operator(), "pond", &body(&lab, &shared("1"))).await.ok();
    let loser = put(&lab.operator(), "pond", &body(&lab, &shared("3"))).await;
    assert_eq!(loser.error().0, 409);
}

#[tokio::test]
async fn locations_do_not_overlap_and_do_not_change() {
    let lab = Lab::start().await;
    let api = lab.operator();
    put(&api, "pond", &body(&lab, &json!({}))).await.ok();
    for location in ["pond/below", "pond", "."] {
        let location = lab.location(location).trim_end_matches("/.").to_owned();
        let answer = put(&api, "other", &body(&lab, &json!({"location": location}))).await;
        assert_eq!((answer.error().0, answer.error().1), (409, "AlreadyExistsException"), "{location}");
    }
    assert!(!lab.path().join("pond/below").exists(), "a refused request leaves no marker");
    let moved = put(&api, "pond", &body(&lab, &json!({"location": lab.location("sea"), "revision": "2"}))).await;
    assert_eq!(moved.error().1, "ConflictException");
    assert!(!lab.path().join("sea").exists(), "a refused request leaves no marker");
}

#[tokio::test]
async fn allowed_locations_do_not_reach_into_another_warehouse() {
    let lab = Lab::start().await;
    let api = lab.operator();
    let further = |name: &str, root: &str, allowed: &str| {
        let change = json!({"location": lab.location(root), "allowed_locations": [lab.location(allowed)]});
        (name.to_owned(), body(&lab, &change))
    };
    for (name, body) in [further("a", "a", "lake"), further("a", "a", "lake/x"), further("a", "a", "")] {
        let refused = put(&api, &name, &body).await;
        assert_eq!((refused.error().0, refused.error().1), (409, "AlreadyExistsException"), "{body}");
        assert!(!refused.error().2.contains("warehouse lake"), "{refused:?}");
    }
    let (name, first) = further("a", "a", "shared");
    put(&api, &name, &first).await.ok();
    let (name, second) = further("b", "b", "shared");
    put(&api, &name, &second).await.ok();
    let inside = put(&api, "c", &body(&lab, &json!({"location": lab.location("shared/c")}))).await;
    assert_eq!(inside.error().0, 409, "the root would be within reach of two others");
}

#[tokio::test]
async fn what_cannot_work_is_refused_and_stores_nothing() {
    let lab = Lab::start().await;
    let api = lab.operator();
    for (name, change) in [
        ("Pond", json!({})),
        ("pond", json!({"location": "file:///etc/pangolin"})),
        ("pond", json!({"location": "gs://bucket/x"})),
        ("pond", json!({"location": "s3://bucket/x"})),
        ("pond", json!({"allowed_locations": ["s3://bucket/x"]})),
        ("pond", json!({"location": format!("{}/../x", lab.location("pond"))})),
        ("pond", json!({"owner_uid": ""})),
        ("pond", json!({"namespace": ""})),
        ("pond", json!({"allowed_namespaces": ["a b"]})),
        ("pond", json!({"unknown": 1})),
        ("pond", json!({"default_properties": {"s3.secret-access-key": "x"}})),
        ("pond", json!({"default_properties": {"a": "\0"}})),
        ("pond", json!({"location": "s3://bucket/x", "storage": {"s3": {"endpoint": "http://127.0.0.1:9"}}})),
        ("pond", json!({"location": "s3://bucket/x", "storage": {"s3": {"endpoint": "http://169.254.169.254"}}})),
        (
            "pond",
            json!({"location": "s3://bucket/x", "storage": {"s3": {"credentials": {"access_key_id": "a", "secret_access_key": "b"}}}}),
        ),
    ] {
        let answer = put(&api, name, &body(&lab, &change)).await;
        assert_eq!(answer.error().0, 400, "{change}: {answer:?}");
    }
    assert_eq!(api.get("/api/v1/warehouses?total=true").await.ok()["total"], 1);
}

#[tokio::test]
async fn an_error_about_a_credential_does_not_quote_it() {
    let lab = Lab::start().await;
    let credentials = json!({"access_key_id": "id", "secret_access_key": 987_654_321});
    let change = json!({"location": "s3://bucket/x", "storage": {"s3": {"credentials": credentials}}});
    let answer = put(&lab.operator(), "pond", &body(&lab, &change)).await;
    let (code, _, message) = answer.error();
    assert_eq!(code, 400);
    assert!(message.contains("storage.s3.credentials.secret_access_key"), "{message}");
    assert!(!message.contains("987"), "{message}");
}

#[tokio::test]
async fn pages_by_number_and_by_token_show_the_same() {
    let lab = Lab::start().await;
    let api = lab.operator();
    for i in 0..7 {
        let change = json!({"location": lab.location(&format!("w{i}"))});
        put(&api, &format!("w{i}"), &body(&lab, &change)).await.ok();
    }
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|w| w["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut by_token = Vec::new();
    let mut query = "page_size=3".to_owned();
    loop {
        let page = api.get(&format!("/api/v1/warehouses?{query}")).await.ok();
        by_token.push(names(&page));
        let Some(token) = page.get("next_page_token") else { break };
        query = format!("page_size=3&page_token={}", token.as_str().unwrap());
    }
    let mut by_number = Vec::new();
    for page in 1..=3 {
        by_number.push(names(&api.get(&format!("/api/v1/warehouses?page_size=3&page={page}")).await.ok()));
    }
    assert_eq!(by_token, by_number);
    assert_eq!(by_token.concat(), ["lake", "w0", "w1", "w2", "w3", "w4", "w5", "w6"]);
    for bad in ["page=0", "page=x", "page_token=x", "total=maybe", "page=1&page_token=AQ"] {
        assert_eq!(api.get(&format!("/api/v1/warehouses?{bad}")).await.error().0, 400, "{bad}");
    }
    let foreign = api.get("/api/v1/warehouses?page_size=1").await.ok()["next_page_token"].clone();
    let tokens = api.get(&format!("/api/v1/tokens?page_token={}", foreign.as_str().unwrap())).await;
    assert_eq!(tokens.error().0, 400);
}

#[tokio::test]
async fn what_no_warehouse_is_called_is_not_found_and_what_no_owner_is_called_is_a_bad_request() {
    let lab = Lab::start().await;
    let api = lab.operator();
    assert_eq!(api.get("/api/v1/warehouses/%00").await.error().0, 404);
    assert_eq!(api.delete("/api/v1/warehouses/%00?owner_uid=uid").await.error().0, 404);
    assert_eq!(api.delete("/api/v1/warehouses/lake?owner_uid=%00").await.error().0, 400);
}
