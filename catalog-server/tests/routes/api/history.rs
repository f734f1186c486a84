//! `/api/v1/warehouses/{warehouse}/commits` and `…/diff`

use catalog_api::Privilege::Read;
use serde_json::{Value, json};

use super::{field, tree};
use crate::lab::{Api, Lab, set};

/// A lake with a history of six commits: `a`, `a.t`, `b`, `b.u`, a property of `a.t`, the drop of `b.u`.
async fn lake() -> (Lab, Api) {
    let lab = Lab::start().await;
    let api = lab.manager().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.namespace(&["b"]).await;
    api.table("b", "u").await;
    api.commit("a", "t", json!([]), set("p", "x")).await.ok();
    api.delete("/namespaces/b/tables/u").await.ok();
    (lab, api)
}

async fn log(api: &Api, query: &str) -> Value {
    api.get(&tree(&format!("/commits{query}"))).await.ok()
}

/// The seqs of a log.
fn seqs(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|commit| commit["seq"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_log_tells_what_led_to_a_state_and_is_filtered() {
    let (lab, api) = lake().await;
    let all = log(&api, "").await;
    assert_eq!(seqs(&all), [6, 5, 4, 3, 2, 1]);
    let [newest, before] = [&all["items"][0], &all["items"][1]];
    assert_eq!((&newest["branch"], &newest["parent"]), (&json!("main"), &before["id"]));
    assert_eq!((&newest["author"], &newest["message"]), (&json!("token:test/manager"), &json!("drop table b.u")));
    let third = all["items"][3]["id"].as_str().unwrap().to_owned();
    for (query, expected) in [
        ("?namespace=a", &[5, 2, 1][..]),
        ("?namespace=b&table=u", &[6, 4]),
        ("?author=nobody", &[]),
        ("?author=token:test/manager&page_size=1000", &[6, 5, 4, 3, 2, 1]),
        ("?since=2999-01-01T00:00:00Z", &[]),
        ("?until=2999-01-01T00:00:00Z", &[6, 5, 4, 3, 2, 1]),
        ("?page=2&page_size=4", &[2, 1]),
        (&format!("?ref={third}"), &[3, 2, 1]),
    ] {
        assert_eq!(seqs(&log(&api, query).await), expected, "{query}");
    }
    for size in 1..=7 {
        let (mut pages, mut query) = (Vec::new(), format!("?page_size={size}"));
        loop {
            let page = log(&api, &query).await;
            pages.extend(seqs(&page));
            let Some(token) = page["next_page_token"].as_str() else { break };
            query = format!("?page_size={size}&page_token={token}");
        }
        assert_eq!(pages, [6, 5, 4, 3, 2, 1], "{size} a page");
    }
    let token = log(&api, "?page_size=1").await["next_page_token"].as_str().unwrap().to_owned();
    for bad in ["table=t", "since=yesterday", "ref=a%20b", "namespace=%1F", &format!("namespace=a&page_token={token}")]
    {
        assert_eq!(api.get(&tree(&format!("/commits?{bad}"))).await.error().0, 400, "{bad}");
    }
    assert_eq!(api.get(&tree("/commits?ref=nowhere")).await.error().0, 404);
    let reader = lab.client("reader", &[(&["a"], &[Read])]).await;
    assert_eq!(seqs(&log(&reader, "?namespace=a").await), [5, 2, 1]);
    // A message may name anything: that of a rename has both names.
    api.post(
        "/tables/rename",
        &json!({"source": {"namespace": ["a"], "name": "t"},
        "destination": {"namespace": ["b"], "name": "hidden"}}),
    )
    .await
    .ok();
    let seen = log(&reader, "?namespace=a").await;
    assert_eq!((seqs(&seen)[0], &seen["items"][0]["message"]), (7, &json!("")));
    assert!(!seen.to_string().contains("hidden"), "{seen}");
    assert!(log(&api, "?namespace=a").await.to_string().contains("hidden"));
    for query in ["", "?namespace=b"] {
        assert_eq!(reader.get(&tree(&format!("/commits{query}"))).await.error().0, 403, "{query}");
    }
}

#[tokio::test]
async fn a_commit_shows_what_it_did() {
    let (lab, api) = lake().await;
    let all = log(&api, "").await;
    let id = |n: usize| all["items"][n]["id"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&tree(&format!("/commits/{}", id(1)))).await.ok(), all["items"][1]);
    let changes = async |api: &Api, n: usize| api.get(&tree(&format!("/commits/{}/changes", id(n)))).await.ok();
    let updated = changes(&api, 1).await;
    let change = &updated["items"][0];
    assert_eq!((&change["kind"], &change["namespace"], &change["name"]), (&json!("table"), &json!(["a"]), &json!("t")));
    let (before, after) = (&change["before"], &change["after"]);
    assert_eq!((&before["id"], &before["commit"]), (&after["id"], &json!(id(4))));
    assert_ne!(before["metadata_location"], after["metadata_location"]);
    assert_eq!(after["commit"], json!(id(1)));
    let dropped = changes(&api, 0).await["items"][0].clone();
    assert!(dropped.get("after").is_none() && dropped["before"]["metadata_location"].is_string());
    let made = changes(&api, 5).await["items"][0].clone();
    assert_eq!((&made["kind"], &made["namespace"], &made["name"]), (&json!("namespace"), &json!([]), &json!("a")));
    assert_eq!(made["after"]["properties"], json!({}));

    let reader = lab.client("reader", &[(&["a"], &[Read])]).await;
    assert_eq!(field(&changes(&reader, 1).await, "name"), ["t"]);
    assert_eq!(field(&changes(&reader, 0).await, "name"), [""; 0]);
    assert_eq!(reader.get(&tree(&format!("/commits/{}", id(1)))).await.error().0, 403);
    for (status, id) in [(404, "0191d2c4-7b1c-7000-8000-000000000000"), (400, "x")] {
        assert_eq!(api.get(&tree(&format!("/commits/{id}"))).await.error().0, status);
        assert_eq!(api.get(&tree(&format!("/commits/{id}/changes"))).await.error().0, status);
    }
}

#[tokio::test]
async fn a_diff_tells_what_makes_one_state_into_another() {
    let (lab, api) = lake().await;
    api.post(&tree("/refs"), &json!({"name": "dev", "type": "branch"})).await.ok();
    for n in 0..5 {
        api.table("a", &format!("n{n}")).await;
    }
    api.delete("/namespaces/a/tables/t").await.ok();
    let diff =
        async |from: &str, to: &str, more: &str| api.get(&tree(&format!("/diff?from={from}&to={to}{more}"))).await.ok();
    let names = ["n0", "n1", "n2", "n3", "n4", "t"];
    let forth = diff("dev", "main", "").await;
    assert_eq!(field(&forth, "name"), names);
    assert!(forth["items"][0].get("before").is_none() && forth["items"][5].get("after").is_none());
    let back = diff("main", "dev", "").await;
    assert_eq!(field(&back, "name"), names);
    assert_eq!(back["items"][0]["before"], forth["items"][0]["after"]);
    assert_eq!(field(&diff("main", "main", "").await, "name"), [""; 0]);
    let (mut pages, mut more) = (Vec::new(), "&page_size=4".to_owned());
    loop {
        let page = diff("dev", "main", &more).await;
        pages.extend(field(&page, "name"));
        let Some(token) = page["next_page_token"].as_str() else { break };
        more = format!("&page_size=4&page_token={token}");
    }
    assert_eq!(pages, names);
    let reader = lab.client("reader", &[(&["b"], &[Read])]).await;
    assert_eq!(field(&reader.get(&tree("/diff?from=dev&to=main")).await.ok(), "name"), [""; 0]);
    for (status, query) in [(400, "from=dev"), (400, "from=dev&to=a%20b"), (404, "from=dev&to=nowhere")] {
        assert_eq!(api.get(&tree(&format!("/diff?{query}"))).await.error().0, status, "{query}");
    }
}
