//! `/api/v1/warehouses/{warehouse}/merge`, `…/cherry-pick`, `…/revert`

use catalog_api::Prefix;
use catalog_api::Privilege::{Manage, Read, Write};
use reqwest::Method;
use serde_json::{Value, json};

use super::{field, tree};
use crate::lab::{Answer, Api, Lab, set};

/// A lake with tables `a.t` and `a.u`, a branch `dev`, and one who manages it.
async fn lake() -> (Lab, Api) {
    let lab = Lab::start().await;
    let api = lab.manager().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.table("a", "u").await;
    api.post(&tree("/refs"), &json!({"name": "dev", "type": "branch"})).await.ok();
    (lab, api)
}

fn on(branch: &str, path: &str) -> String {
    format!("/v1/{}{path}", Prefix::encode("lake", Some(branch)))
}

/// Sets the property `p` of a table on a branch.
async fn change(api: &Api, branch: &str, table: &str, value: &str) {
    let body = json!({"requirements": [], "updates": set("p", value)});
    api.post(&on(branch, &format!("/namespaces/a/tables/{table}")), &body).await.ok();
}

/// What the property `p` of a table is on a branch.
async fn value(api: &Api, branch: &str, table: &str) -> Value {
    let loaded = api.get(&on(branch, &format!("/namespaces/a/tables/{table}"))).await.ok();
    loaded["metadata"]["properties"]["p"].clone()
}

async fn merge(api: &Api, change: Value) -> Answer {
    let mut body = json!({"from": "dev", "into": "main"});
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    api.post(&tree("/merge"), &body).await
}

async fn head(api: &Api, branch: &str) -> String {
    api.get(&tree(&format!("/refs/{branch}"))).await.ok()["commit"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_merge_is_one_commit_that_says_where_it_comes_from() {
    let (_lab, api) = lake().await;
    change(&api, "dev", "t", "dev").await;
    api.post(&on("dev", "/namespaces/a/tables"), &json!({"name": "new", "schema": crate::lab::schema()})).await.ok();
    change(&api, "main", "u", "main").await;
    let before = head(&api, "main").await;
    let tried = merge(&api, json!({"dry_run": true})).await.ok();
    assert_eq!(tried, json!({"changes": 2, "conflict_count": 0, "conflicts": []}));
    assert_eq!(head(&api, "main").await, before);

    let report = merge(&api, json!({})).await.ok();
    let commit = &report["commit"];
    assert_eq!((&report["changes"], &commit["message"]), (&json!(2), &json!("merge dev into main")));
    assert_eq!((&commit["branch"], &commit["parent"]), (&json!("main"), &json!(before)));
    assert_eq!(commit["origin"], json!({"merge": {"branch": "dev", "seq": 2}}));
    assert_eq!(commit["author"], "token:test/manager");
    let values = (value(&api, "main", "t").await, value(&api, "main", "u").await, value(&api, "main", "new").await);
    assert_eq!(values, (json!("dev"), json!("main"), Value::Null));
    // Once more: there is nothing left to do.
    assert_eq!(merge(&api, json!({})).await.ok(), json!({"changes": 0, "conflict_count": 0, "conflicts": []}));
}

#[tokio::test]
async fn a_conflict_is_reported_and_changes_nothing_until_a_mode_decides() {
    let (_lab, api) = lake().await;
    for (branch, table) in [("dev", "t"), ("dev", "u"), ("main", "t"), ("main", "u")] {
        change(&api, branch, table, branch).await;
    }
    let before = head(&api, "main").await;
    let refused = merge(&api, json!({})).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (409, "ConflictException"));
    assert!(message.starts_with("a.t and 1 more are in conflict, and nothing was changed"), "{message}");
    let report = &refused.body["report"];
    assert_eq!((&report["conflict_count"], &report["changes"]), (&json!(2), &json!(0)));
    let conflict = &report["conflicts"][0];
    assert_eq!(
        (&conflict["name"], &conflict["namespace"], &conflict["kind"]),
        (&json!("t"), &json!(["a"]), &json!("table"))
    );
    assert_eq!(conflict["reason"], "both_changed");
    let (theirs, ours, base) = (&conflict["theirs"], &conflict["ours"], &conflict["base"]);
    assert_eq!((&theirs["id"], &ours["id"]), (&base["id"], &base["id"]));
    assert_ne!(theirs["metadata_location"], ours["metadata_location"]);
    let dev = api.get(&tree("/commits?ref=dev&namespace=a&table=t")).await.ok();
    assert_eq!(theirs["commit"], dev["items"][0]["id"]);
    assert_eq!(head(&api, "main").await, before);
    // Asked only, the same is no failure.
    assert_eq!(merge(&api, json!({"dry_run": true})).await.ok()["conflict_count"], 2);

    let modes = json!([{"kind": "table", "namespace": ["a"], "name": "t", "mode": "theirs"}]);
    let merged = merge(&api, json!({"mode": "ours", "modes": modes, "message": "settled"})).await.ok();
    assert_eq!((&merged["changes"], &merged["commit"]["message"]), (&json!(1), &json!("settled")));
    assert_eq!((value(&api, "main", "t").await, value(&api, "main", "u").await), (json!("dev"), json!("main")));
}

#[tokio::test]
async fn a_commit_is_picked_and_taken_back() {
    let (_lab, api) = lake().await;
    change(&api, "dev", "t", "dev").await;
    let commit = head(&api, "dev").await;
    change(&api, "dev", "u", "dev").await;
    let pick = json!({"commit": commit, "into": "main"});
    let picked = api.post(&tree("/cherry-pick"), &pick).await.ok();
    assert_eq!(picked["commit"]["origin"], json!({"commit": commit}));
    assert_eq!((value(&api, "main", "t").await, value(&api, "main", "u").await), (json!("dev"), Value::Null));
    // As it is already.
    assert_eq!(api.post(&tree("/cherry-pick"), &pick).await.ok().get("commit"), None);
    let revert = json!({"commit": picked["commit"]["id"], "into": "main"});
    assert_eq!(api.post(&tree("/revert"), &revert).await.ok()["changes"], 1);
    assert_eq!(value(&api, "main", "t").await, Value::Null);
    change(&api, "main", "t", "main").await;
    assert_eq!(api.post(&tree("/revert"), &revert).await.error().1, "ConflictException");
}

#[tokio::test]
async fn a_drop_that_is_taken_back_has_its_locations_again() {
    let (_lab, api) = lake().await;
    let created = api.table("a", "moved").await;
    let location = created["metadata"]["location"].clone();
    api.delete("/namespaces/a/tables/moved").await.ok();
    let drop = head(&api, "main").await;
    let revert = json!({"commit": drop, "into": "main"});
    let at = |name: &str| json!({"name": name, "schema": crate::lab::schema(), "location": location});
    api.post("/namespaces/a/tables", &at("squatter")).await.ok();
    let (code, message) = {
        let refused = api.post(&tree("/revert"), &revert).await;
        (refused.error().0, refused.error().2.to_owned())
    };
    assert_eq!(code, 409);
    assert!(message.starts_with("a.moved cannot come back: another table or view holds its location"), "{message}");
    api.delete("/namespaces/a/tables/squatter").await.ok();
    api.post(&tree("/revert"), &revert).await.ok();
    assert_eq!(
        api.get("/namespaces/a/tables/moved").await.ok()["metadata"]["table-uuid"],
        created["metadata"]["table-uuid"]
    );
    assert_eq!(api.post("/namespaces/a/tables", &at("other")).await.error().0, 400);
}

#[tokio::test]
async fn a_table_that_a_merge_takes_from_the_past_claims_its_locations_again() {
    let (_lab, api) = lake().await;
    let create = json!({"name": "brief", "schema": crate::lab::schema()});
    let created = api.post(&on("dev", "/namespaces/a/tables"), &create).await.ok();
    let past = head(&api, "dev").await;
    api.delete(&on("dev", "/namespaces/a/tables/brief")).await.ok();
    let merged = merge(&api, json!({"from": past})).await.ok();
    assert_eq!(merged["changes"], 1);
    let at = json!({"name": "x", "schema": crate::lab::schema(), "location": created["metadata"]["location"]});
    assert_eq!(api.post("/namespaces/a/tables", &at).await.error().0, 400);
}

#[tokio::test]
async fn a_protected_branch_is_merged_into_by_those_who_manage_it() {
    let (lab, api) = lake().await;
    let writer = lab.client("one-who-writes", &[(&[], &[Read, Write]), (&["a"], &[Manage])]).await;
    change(&api, "dev", "t", "dev").await;
    let commit = head(&api, "dev").await;
    api.patch(&tree("/refs/main"), &json!({"protected": true})).await.ok();
    let pick = json!({"commit": commit, "into": "main"});
    for (route, body) in
        [("/merge", json!({"from": "dev", "into": "main"})), ("/cherry-pick", pick.clone()), ("/revert", pick)]
    {
        assert_eq!(writer.post(&tree(route), &body).await.error().1, "ForbiddenException", "{route}");
    }
    merge(&api, json!({})).await.ok();
    assert_eq!(value(&api, "main", "t").await, "dev");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let (_lab, api) = lake().await;
    api.post(&tree("/refs"), &json!({"name": "v1", "type": "tag"})).await.ok();
    let key = json!({"kind": "table", "namespace": ["a"], "name": "t", "mode": "ours"});
    for (status, change) in [
        (400, json!({"from": "a b"})),
        (400, json!({"into": "v1"})),
        (400, json!({"into": "main@{2999-01-01T00:00:00Z}"})),
        (400, json!({"mode": "mine"})),
        (400, json!({"modes": [key, key]})),
        (400, json!({"modes": [{"kind": "table", "namespace": [], "name": "t", "mode": "ours"}]})),
        (400, json!({"message": "\u{0}"})),
        (400, json!({"message": "x".repeat(5_000)})),
        (400, json!({"form": "dev"})),
        (404, json!({"from": "nowhere"})),
        (404, json!({"into": "nowhere"})),
    ] {
        assert_eq!(merge(&api, change.clone()).await.error().0, status, "{change}");
    }
    for (status, commit) in [(404, "0191d2c4-7b1c-7000-8000-000000000000"), (400, "x")] {
        for route in ["/cherry-pick", "/revert"] {
            let answer = api.post(&tree(route), &json!({"commit": commit, "into": "main"})).await;
            assert_eq!(answer.error().0, status, "{route} {commit}");
        }
    }
}

#[tokio::test]
async fn a_request_that_comes_again_is_answered_as_before_and_a_conflict_is_judged_anew() {
    let (_lab, api) = lake().await;
    let send = async |n: u8, route: &str, body: &Value| {
        let key = format!("01a20b0a-605d-745f-8041-fce9fd8568f{n}");
        api.send(Method::POST, &tree(route), Some(body), &[("Idempotency-Key", &key)]).await
    };
    change(&api, "dev", "t", "dev").await;
    let body = json!({"commit": head(&api, "dev").await, "into": "main"});
    let first = send(1, "/cherry-pick", &body).await.ok();
    change(&api, "main", "t", "main").await;
    let now = head(&api, "main").await;
    assert_eq!(send(1, "/cherry-pick", &body).await.ok(), first);
    assert_eq!(head(&api, "main").await, now);
    assert_eq!(send(1, "/revert", &body).await.error().0, 422);
    // What was refused for a conflict, or tried only, is not kept.
    change(&api, "dev", "t", "dev again").await;
    let merge = json!({"from": "dev", "into": "main"});
    assert!(send(2, "/merge", &merge).await.body["report"].is_object());
    change(&api, "main", "t", "dev").await;
    let body = json!({"from": "dev", "into": "main", "mode": "theirs"});
    assert_eq!(send(2, "/merge", &merge).await.status, 409);
    let merged = send(3, "/merge", &body).await.ok();
    assert_eq!(send(3, "/merge", &body).await.ok(), merged);
    assert_eq!(field(&api.get(&tree("/commits?page_size=1")).await.ok(), "message"), ["merge dev into main"]);
}
