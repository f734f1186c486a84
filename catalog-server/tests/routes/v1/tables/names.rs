//! Listing, renaming and dropping.

use catalog_api::Privilege::{Read, Write};
use serde_json::{Value, json};

use crate::lab::{Answer, Api, Lab, file, set};

async fn rename(api: &Api, from: (&str, &str), to: (&str, &str)) -> Answer {
    let name = |(ns, name): (&str, &str)| json!({"namespace": [ns], "name": name});
    api.post("/tables/rename", &json!({"source": name(from), "destination": name(to)})).await
}

async fn names(api: &Api, query: &str) -> (Vec<String>, Value) {
    let body = api.get(&format!("/namespaces/a/tables{query}")).await.ok();
    let names = body["identifiers"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap().to_owned());
    (names.collect(), body["next-page-token"].clone())
}

#[tokio::test]
async fn tables_are_listed_by_name_in_pages_or_all_at_once() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let answer = api.get("/namespaces/a/tables").await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: a"));
    api.namespace(&["a"]).await;
    assert_eq!(names(&api, "").await, (vec![], Value::Null));
    for name in ["c", "a", "b"] {
        api.table("a", name).await;
    }
    let whole = api.get("/namespaces/a/tables").await.ok();
    assert_eq!(whole["identifiers"][0], json!({"namespace": ["a"], "name": "a"}));
    assert_eq!(names(&api, "").await, (vec!["a".into(), "b".into(), "c".into()], Value::Null));
    let (first, token) = names(&api, "?pageToken=&pageSize=2").await;
    assert_eq!(first, ["a", "b"]);
    let token = token.as_str().unwrap().to_owned();
    assert_eq!(names(&api, &format!("?pageToken={token}&pageSize=2")).await, (vec!["c".into()], Value::Null));
    api.namespace(&["b"]).await;
    assert_eq!(api.get(&format!("/namespaces/b/tables?pageToken={token}")).await.error().0, 400);
    assert_eq!(api.get(&format!("/namespaces?pageToken={token}")).await.error().0, 400);
}

#[tokio::test]
async fn a_renamed_table_keeps_its_files_and_its_old_name_is_free() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.namespace(&["b"]).await;
    let before = api.table("a", "t").await;
    assert_eq!(rename(&api, ("a", "t"), ("b", "u")).await.status, 204);
    assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
    assert_eq!(api.get("/namespaces/b/tables/u").await.ok(), before);
    api.commit("b", "u", json!([]), set("x", "1")).await.ok();
    let new = api.table("a", "t").await;
    assert_ne!(new["metadata"]["location"], before["metadata"]["location"]);
    assert_eq!(rename(&api, ("b", "u"), ("b", "u")).await.status, 204, "to its own name");
}

#[tokio::test]
async fn a_rename_that_cannot_be_is_called_as_java_calls_it() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    api.table("a", "u").await;
    for (from, to, error) in [
        (("a", "x"), ("a", "y"), (404, "NoSuchTableException", "Table does not exist: a.x")),
        (("a", "t"), ("gone", "t"), (404, "NoSuchNamespaceException", "Namespace does not exist: gone")),
        (("a", "t"), ("a", "u"), (409, "AlreadyExistsException", "Cannot rename a.t to a.u. Table already exists")),
    ] {
        assert_eq!(rename(&api, from, to).await.error(), error);
    }
    assert_eq!(rename(&api, ("a", "t"), ("a", "")).await.error().0, 400);
    assert_eq!(names(&api, "").await.0, ["t", "u"]);
}

#[tokio::test]
async fn a_rename_needs_both_namespaces() {
    let lab = Lab::start().await;
    let writer = lab.writer().await;
    writer.namespace(&["a"]).await;
    writer.namespace(&["b"]).await;
    writer.table("a", "t").await;
    let half = lab.client("half", &[(&["a"], &[Read, Write])]).await;
    assert_eq!(rename(&half, ("a", "t"), ("b", "t")).await.error().0, 403);
    assert_eq!(rename(&half, ("b", "t"), ("a", "t")).await.error().0, 403);
    assert_eq!(rename(&half, ("a", "t"), ("a", "u")).await.status, 204);
}

#[tokio::test]
async fn a_dropped_table_is_gone_and_its_files_stay_if_no_purge_is_requested() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    for (query, purges) in
        [("", false), ("?purgeRequested=false", false), ("?purgeRequested=true", true), ("?purgeRequested=True", true)]
    {
        let table = api.table("a", "t").await;
        assert_eq!(api.delete(&format!("/namespaces/a/tables/t{query}")).await.status, 204);
        assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
        // A purge begins at once.
        assert!(purges || file(&table["metadata-location"]).exists());
    }
    let answer = api.delete("/namespaces/a/tables/t").await;
    assert_eq!(answer.error(), (404, "NoSuchTableException", "Table does not exist: a.t"));
    assert_eq!(api.delete("/namespaces/a/tables/t?purgeRequested=perhaps").await.error().0, 400);
}

#[tokio::test]
async fn of_a_drop_and_commits_at_the_same_time_none_is_torn() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    for _ in 0..5 {
        api.table("a", "t").await;
        let commits = futures::future::join_all((0..5).map(|n| {
            let api = api.clone();
            async move { api.commit("a", "t", json!([]), set("n", &n.to_string())).await }
        }));
        let (answers, dropped) = futures::join!(commits, api.delete("/namespaces/a/tables/t"));
        assert_eq!(dropped.status, 204);
        for answer in answers {
            assert!(answer.status == 200 || answer.error().1 == "NoSuchTableException", "{answer:?}");
        }
        assert_eq!(api.head("/namespaces/a/tables/t").await, 404);
    }
}
