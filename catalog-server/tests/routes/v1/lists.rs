//! What all lists of the Iceberg API have in common: `pageToken`, and everything without it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use catalog_api::Privilege::Read;
use catalog_store::{
    Clock as _, CommitRequest, CommitStore as _, Content, Expect, Ids, Key, NamespacePath, Operation, RefStore as _,
    SystemClock, WarehouseStore as _,
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};
use store_sqlite::SqliteStore;

use crate::lab::{Api, Lab};

/// More than the sockets between server and client hold.
const MANY: usize = 12_000;

#[tokio::test]
async fn a_token_belongs_to_one_list_of_one_warehouse() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    for namespace in ["a", "b"] {
        api.namespace(&[namespace]).await;
        for table in ["t", "u"] {
            api.table(namespace, table).await;
        }
    }
    let token = api.get("/namespaces/a/tables?pageToken=&pageSize=1").await.ok()["next-page-token"].clone();
    let token = token.as_str().unwrap();
    let next = api.get(&format!("/namespaces/a/tables?pageToken={token}")).await.ok();
    assert_eq!((&next["identifiers"][0]["name"], &next["next-page-token"]), (&json!("u"), &Value::Null));

    let pond = pond(&lab).await;
    let foreign = [
        api.get(&format!("/namespaces/b/tables?pageToken={token}")).await,
        api.get(&format!("/namespaces/a/views?pageToken={token}")).await,
        api.get(&format!("/namespaces?pageToken={token}")).await,
        api.get(&format!("/namespaces?parent=a&pageToken={token}")).await,
        pond.get(&format!("/v1/pond/namespaces/a/tables?pageToken={token}")).await,
        api.get(&format!("/namespaces/a/tables?pageToken={}", &token[..token.len() / 3])).await,
        api.get(&format!("/namespaces/a/tables?pageToken=x{token}")).await,
    ];
    for answer in foreign {
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind), (400, "BadRequestException"));
        assert!(message.contains("page token"), "{message}");
    }
}

/// Another warehouse that has the same names.
async fn pond(lab: &Lab) -> Api {
    let mut warehouse = lab.warehouse();
    warehouse.location = lab.location("pond");
    lab.admin.put_warehouse("pond", &warehouse).await.unwrap();
    let api = lab.client_of("pond", "angler").await;
    api.post("/v1/pond/namespaces", &json!({"namespace": ["a"]})).await.ok();
    api
}

#[tokio::test]
async fn what_a_client_may_not_see_is_in_no_page_and_the_pages_still_add_up() {
    let lab = Lab::start().await;
    let writer = lab.writer().await;
    for namespace in ["a", "b", "c", "d"] {
        writer.namespace(&[namespace]).await;
    }
    let reader = lab.client("reader", &[(&["b", "d"], &[Read])]).await;
    assert_eq!(reader.get("/namespaces").await.ok()["namespaces"], json!([["b"], ["d"]]));
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = reader.get(&format!("/namespaces?pageSize=1&pageToken={token}")).await.ok();
        seen.extend(page["namespaces"].as_array().unwrap().clone());
        let Some(next) = page["next-page-token"].as_str() else { break };
        next.clone_into(&mut token);
    }
    assert_eq!(seen, [json!(["b"]), json!(["d"])]);
}

#[tokio::test]
async fn a_short_list_is_sent_in_one_piece_of_a_known_length() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let client = reqwest::Client::builder().build().unwrap();
    let request = client.get(format!("{}/v1/lake/namespaces", lab.url())).bearer_auth(api.token());
    let answer = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert!(!answer.headers().contains_key("content-encoding"), "it is too short for that");
    let length = answer.headers()["content-length"].clone();
    let body = answer.text().await.unwrap();
    assert_eq!((body.as_str(), length), (r#"{"namespaces":[["a"]],"next-page-token":null}"#, body.len().into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_finished_is_broken_off_and_is_no_json() {
    for coding in ["identity", "gzip", "zstd"] {
        let lab = Lab::start().await;
        let api = lab.writer().await;
        let path = fill(&lab).await;
        let mut stream = TcpStream::connect(lab.url().trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("authorization: Bearer {}\r\naccept-encoding: {coding}", api.token());
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{head}\r\nconnection: close\r\n\r\n").unwrap();
        let mut begin = [0; 15];
        stream.read_exact(&mut begin).unwrap();
        assert_eq!(&begin, b"HTTP/1.1 200 OK", "{coding}");
        break_database(&lab).await;
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        assert!(!all.ends_with(b"0\r\n\r\n"), "{coding}: the body of {} bytes looks complete", all.len());
        if coding == "identity" {
            assert!(all.len() < MANY * 1_000, "it was sent before the database broke");
        }
    }
}

/// Tables with long names, past the server; the path of their list.
async fn fill(lab: &Lab) -> String {
    let store = SqliteStore::open(&lab.path().join("catalog.sqlite")).await.unwrap();
    let warehouse = store.get_warehouse("lake").await.unwrap().unwrap();
    let branch = store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
    let levels = ["a", "b", "c"].map(|level| level.repeat(250));
    let ns = NamespacePath::new(&levels).unwrap();
    let put = |key, content| Operation::Put { key, expect: Expect::Absent, content, locations: None };
    let parents = (1..=levels.len()).map(|depth| {
        let key = NamespacePath::new(&levels[..depth]).unwrap().key().unwrap();
        put(key, Content::Namespace { id: Ids.ordered(), properties: [].into() })
    });
    let tables = (0..MANY).map(|number| {
        // A hash: else it is compressed to nothing.
        let name = format!("{number:05}{}", (0..7).map(|_| Ids.random().to_string()).collect::<String>());
        let key = Key::relation(ns.clone(), &name[..250]).unwrap();
        put(key, Content::Table { id: Ids.ordered(), metadata_location: "x".into() })
    });
    let request = CommitRequest {
        id: Ids.ordered(),
        author: "test".into(),
        message: "fill".into(),
        operations: parents.chain(tables).collect(),
        preconditions: Vec::new(),
        idempotency: None,
        origin: None,
    };
    store.commit(&branch, vec![request], SystemClock.now()).await.remove(0).unwrap();
    store.close().await;
    format!("/v1/lake/namespaces/{}/tables", levels.join("%1F"))
}

async fn break_database(lab: &Lab) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(lab.path().join("catalog.sqlite"));
    let mut connection = options.connect().await.unwrap();
    connection.execute("ALTER TABLE names RENAME TO gone").await.unwrap();
}
