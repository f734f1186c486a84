//! `/v1/{prefix}/…` on other states than `main`.

use catalog_api::Prefix;
use catalog_store::{Branch, CatalogStore, HistoryStore as _, LogFilter, PaginationParams, TreeStore as _, View};
use reqwest::Method;
use serde_json::{Value, json};
use store_sqlite::SqliteStore;

use crate::lab::{Answer, Api, Lab, set};

/// The server's own database: there are no routes for refs yet.
async fn store(lab: &Lab) -> SqliteStore {
    SqliteStore::open(&lab.path().join("catalog.sqlite")).await.unwrap()
}

async fn main(store: &dyn CatalogStore) -> Branch {
    let warehouse = store.get_warehouse("lake").await.unwrap().unwrap();
    store.get_branch(warehouse.id, "main").await.unwrap().unwrap()
}

fn now() -> jiff::Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

/// The path of a route on a ref.
fn on(expression: &str, path: &str) -> String {
    format!("/v1/{}{path}", Prefix::encode("lake", Some(expression)))
}

async fn names(api: &Api, expression: &str) -> Value {
    api.get(&on(expression, "/namespaces/a/tables")).await.ok()["identifiers"].clone()
}

fn tables(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"namespace": ["a"], "name": name})).collect()
}

/// A lake with table `a.t`, branch `dev` and tag `v1`; the store is its own.
async fn lake() -> (Lab, Api, SqliteStore) {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let store = store(&lab).await;
    let main = main(&store).await;
    store_refs(&store, &main).await;
    (lab, api, store)
}

async fn store_refs(store: &dyn CatalogStore, main: &Branch) {
    let head = View::head(main);
    store.create_branch(main.warehouse_id, "dev", &head, now()).await.unwrap();
    store.create_tag(main.warehouse_id, "v1", &head, now()).await.unwrap();
}

#[tokio::test]
async fn a_branch_is_read_and_written_apart_from_main() {
    let (_lab, api, _store) = lake().await;
    let config = api.get("/v1/config?warehouse=lake@dev").await.ok();
    let prefix = config["overrides"]["prefix"].as_str().unwrap().to_owned();
    assert_eq!(prefix, Prefix::encode("lake", Some("dev")));
    let schema = crate::lab::schema();
    let create = json!({"name": "u", "schema": schema});
    api.post(&format!("/v1/{prefix}/namespaces/a/tables"), &create).await.ok();
    let path = format!("/v1/{prefix}/namespaces/a/tables/t");
    let body = json!({"requirements": [], "updates": set("on", "dev")});
    api.post(&path, &body).await.ok();
    assert_eq!(names(&api, "dev").await, tables(&["t", "u"]));
    assert_eq!(names(&api, "main").await, tables(&["t"]));
    assert_eq!(api.get("/namespaces/a/tables/t").await.ok()["metadata"]["properties"]["on"], Value::Null);
    assert_eq!(api.get(&path).await.ok()["metadata"]["properties"]["on"], "dev");
}

#[tokio::test]
async fn a_header_names_a_ref_for_a_prefix_without_one() {
    let (_lab, api, _store) = lake().await;
    let with = async |method: Method, path: &str, body: Option<Value>, reference: &str| -> Answer {
        api.send(method, path, body.as_ref(), &[("X-Pangolin-Ref", reference)]).await
    };
    let create = json!({"namespace": ["only-dev"]});
    with(Method::POST, "/namespaces", Some(create), "dev").await.ok();
    let listed = with(Method::GET, "/namespaces", None, "dev").await.ok();
    assert_eq!(listed["namespaces"], json!([["a"], ["only-dev"]]));
    assert_eq!(api.get("/namespaces").await.ok()["namespaces"], json!([["a"]]));
    with(Method::GET, &on("dev", "/namespaces"), None, "dev").await.ok();
    for (path, reference) in [(on("dev", "/namespaces"), "main"), ("/namespaces".into(), "not a ref")] {
        let answer = with(Method::GET, &path, None, reference).await;
        assert_eq!((answer.error().0, answer.error().1), (400, "BadRequestException"), "{path} {reference}");
    }
}

#[tokio::test]
async fn a_tag_a_time_and_a_commit_are_read_and_never_written() {
    let (_lab, api, store) = lake().await;
    let head = View::head(&main(&store).await);
    let log = store.log(&head, &LogFilter::default(), &PaginationParams::default()).await.unwrap();
    let first = log.items.last().unwrap().id.to_string();
    api.table("a", "later").await;
    assert_eq!(names(&api, "v1").await, tables(&["t"]));
    assert_eq!(names(&api, &first).await, tables(&[]));
    assert_eq!(names(&api, "main@{2999-01-01T00:00:00Z}").await, tables(&["later", "t"]));
    assert_eq!(store.pin(&head).await.unwrap().upto, [3]);
    for expression in ["v1", &first, "main@{2999-01-01T00:00:00Z}"] {
        let config = api.get(&format!("/v1/config?warehouse=lake@{expression}")).await.ok();
        assert_eq!(config["overrides"]["prefix"], Prefix::encode("lake", Some(expression)));
        let create = json!({"namespace": ["b"]});
        let drop = api.delete(&on(expression, "/namespaces/a/tables/t")).await;
        for answer in [api.post(&on(expression, "/namespaces"), &create).await, drop] {
            let (code, kind, message) = answer.error();
            assert_eq!((code, kind), (400, "BadRequestException"), "{expression}");
            assert!(message.starts_with("only a branch can be written to"), "{message}");
        }
    }
}

#[tokio::test]
async fn what_is_no_ref_expression_is_400_and_the_grammar_is_told() {
    let (_lab, api, _store) = lake().await;
    for expression in ["", "a%20b", "main@{yesterday}", "main@1", "@", "%C3%A4"] {
        let answer = api.get(&format!("/v1/config?warehouse=lake@{expression}")).await;
        let (code, kind, message) = answer.error();
        assert_eq!((code, kind), (400, "BadRequestException"), "{expression}");
        assert!(message.starts_with("what follows lake@ must be the name of a branch or tag"), "{message}");
    }
    assert_eq!(api.get("/v1/config?warehouse=No%20Lake@main").await.error().0, 404);
}

#[tokio::test]
async fn a_ref_that_is_not_there_is_404_for_those_who_may_know_the_warehouse() {
    let (lab, api, _store) = lake().await;
    let stranger = lab.client("stranger", &[]).await;
    for missing in ["feature", "main@{1999-01-01T00:00:00Z}", "0191d2c4-7b1c-7000-8000-000000000000"] {
        for path in [on(missing, "/namespaces"), format!("/v1/config?warehouse=lake@{missing}")] {
            let answer = api.get(&path).await;
            let (code, kind, message) = answer.error();
            assert_eq!((code, kind), (404, "NoSuchWarehouseException"));
            assert_eq!(message, format!("Ref does not exist: {missing} in warehouse lake"));
            let answer = stranger.get(&path).await;
            assert_eq!(answer.error().2, "Warehouse does not exist: lake");
        }
    }
}

#[tokio::test]
async fn a_protected_branch_is_read_but_not_written_directly() {
    let (_lab, api, store) = lake().await;
    let store: &dyn CatalogStore = &store;
    let dev = store.get_branch(main(store).await.warehouse_id, "dev").await.unwrap().unwrap();
    store.protect_branch(&dev, true, now()).await.unwrap();
    assert_eq!(names(&api, "dev").await, tables(&["t"]));
    let body = json!({"requirements": [], "updates": set("a", "b")});
    let refused = api.post(&on("dev", "/namespaces/a/tables/t"), &body).await;
    let (code, kind, message) = refused.error();
    assert_eq!((code, kind), (403, "ForbiddenException"));
    assert_eq!(message, "branch dev is protected: write to another branch and merge that");
    api.post("/namespaces/a/tables/t", &body).await.ok();
}
