//! A session on a real server: what files ask for comes true, and nothing is lost.

use std::path::PathBuf;

use catalog_api::BearerToken;
use catalog_api::management::Outcome;
use catalog_client::Client;
use jiff::{Timestamp, ToSpan as _};
use operator::token::Why;

use super::{Session, SessionError};
use crate::desired::{Key, Kind};
use crate::event::Event;
use crate::follow::Texts;
use crate::server::Place;
use crate::state::StateDir;

const QUICKSTART: &str = include_str!("../../../../crds/examples/quickstart.yaml");

fn open(folder: &tempfile::TempDir) -> Session {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let place = Place { listen: "127.0.0.1:0".parse().unwrap(), file_roots: Vec::new() };
    Session::open(StateDir::open(folder.path()).unwrap(), place, Vec::new(), None).unwrap()
}

fn texts(text: &str) -> Texts {
    vec![(PathBuf::from("a.yaml"), text.into())]
}

#[expect(clippy::disallowed_methods, reason = "the server judges tokens by the real time")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn key(kind: Kind, name: &str) -> Key {
    Key { kind, namespace: "default".into(), name: name.into() }
}

fn held(session: &Session) -> BearerToken {
    session.credentials[&key(Kind::Token, "analyst")].reader.held().unwrap()
}

/// True if the server knows the token. A reader is no admin, which is another answer than that of no token.
async fn is_known(session: &Session, token: &BearerToken) -> bool {
    let uri = session.server.as_ref().unwrap().uri.clone();
    let client = Client::builder(uri, token.clone()).build().unwrap();
    match client.get_warehouse("lake").await.unwrap_err().status() {
        Some(403) => true,
        Some(401) => false,
        other => panic!("{other:?}"),
    }
}

fn without(text: &str, kind: &str) -> String {
    let documents: Vec<_> =
        text.split("---\n").filter(|document| !document.contains(&format!("kind: {kind}"))).collect();
    documents.join("---\n")
}

#[tokio::test]
async fn a_restart_finds_everything_again_and_makes_nothing_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    let events = session.take(&texts(QUICKSTART), now()).await.unwrap();
    let made = Event::Warehouse { key: key(Kind::Warehouse, "lake"), outcome: Outcome::Created };
    assert!(events.contains(&made) && events.len() == 2, "{events:?}");
    let token = held(&session);
    assert!(is_known(&session, &token).await);
    session.close().await;
    drop(session);

    let mut session = open(&folder);
    assert_eq!(session.take(&texts(QUICKSTART), now()).await.unwrap(), []);
    assert_eq!(held(&session), token);
    assert!(is_known(&session, &token).await);
    // The port is another one, and the files say so.
    let uri = std::fs::read_to_string(folder.path().join("secrets/analyst/uri")).unwrap();
    assert_eq!(uri, session.server.as_ref().unwrap().uri);
    session.close().await;
}

#[tokio::test]
async fn an_edit_with_a_mistake_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    session.take(&texts(QUICKSTART), now()).await.unwrap();
    let token = held(&session);
    let broken = without(QUICKSTART, "Token").replace("location:", "locaton:");
    let refused = session.take(&texts(&broken), now()).await;
    assert!(matches!(refused, Err(SessionError::Problems(problems)) if problems.len() == 2));
    assert_eq!(session.look(now()).await, []);
    assert!(held(&session) == token && is_known(&session, &token).await);
    session.close().await;
}

#[tokio::test]
async fn what_is_taken_out_is_let_go_and_a_warehouse_comes_back_with_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    session.take(&texts(QUICKSTART), now()).await.unwrap();
    let token = held(&session);
    let rest = without(&without(QUICKSTART, "Token"), "Warehouse");
    let events = session.take(&texts(&rest), now()).await.unwrap();
    assert_eq!(events, [Event::LetGo(key(Kind::Token, "analyst")), Event::LetGo(key(Kind::Warehouse, "lake"))]);
    assert!(!folder.path().join("secrets/analyst").exists());
    assert!(!is_known(&session, &token).await);

    let events = session.take(&texts(QUICKSTART), now()).await.unwrap();
    assert!(events.contains(&Event::Warehouse { key: key(Kind::Warehouse, "lake"), outcome: Outcome::Adopted }));
    session.close().await;
}

#[tokio::test]
async fn a_credential_is_replaced_in_time_and_the_old_one_stays_good_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    session.take(&texts(QUICKSTART), now()).await.unwrap();
    let first = held(&session);
    assert_eq!(session.look(now() + 14.hours()).await, []);
    let events = session.look(now() + 17.hours()).await;
    assert!(matches!(events[..], [Event::Issued { why: Why::Renewal, .. }]), "{events:?}");
    assert_ne!(held(&session), first);
    assert!(is_known(&session, &first).await && is_known(&session, &held(&session)).await);
    session.close().await;
}

#[tokio::test]
async fn less_scope_ends_the_old_credential_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    session.take(&texts(QUICKSTART), now()).await.unwrap();
    let first = held(&session);
    let less = QUICKSTART.replace("[Read, Write]", "[Read]");
    let events = session.take(&texts(&less), now()).await.unwrap();
    assert!(matches!(events[..], [Event::Issued { why: Why::Narrowed, .. }]), "{events:?}");
    assert!(!is_known(&session, &first).await && is_known(&session, &held(&session)).await);
    session.close().await;
}

#[tokio::test]
async fn a_warehouse_that_was_refused_from_the_first_may_be_moved() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    let outside = QUICKSTART.replace("file://./lake", "file:///nowhere/lake");
    let events = session.take(&texts(&outside), now()).await.unwrap();
    let refused =
        |event: &Event| matches!(event, Event::Failed { again: false, place: Some(place), .. } if place.line == 15);
    assert!(events.iter().any(refused), "{events:?}");
    let events = session.take(&texts(QUICKSTART), now()).await.unwrap();
    let made = Event::Warehouse { key: key(Kind::Warehouse, "lake"), outcome: Outcome::Created };
    assert!(matches!(&events[..], [first, Event::Issued { why: Why::First, .. }] if *first == made), "{events:?}");
    session.close().await;
}

#[tokio::test]
async fn token_of_another_namespace_needs_the_consent_of_the_warehouse() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    let guest = r"
---
apiVersion: catalog.pangolin.dev/v1alpha1
kind: Token
metadata: {name: guest, namespace: guests}
spec:
  catalogRef: {name: quickstart, namespace: default}
  grants: [{warehouse: lake, privileges: [Read]}]
";
    let open_catalog = "spec:\n  allowedNamespaces: {from: All}\n  database:";
    let files = format!("{}{guest}", QUICKSTART.replacen("spec:\n  database:", open_catalog, 1));
    assert!(files.contains("from: All"), "{files}");
    let events = session.take(&texts(&files), now()).await.unwrap();
    let refused = |event: &Event| matches!(event, Event::Failed { key, message, .. } if key.name == "guest" && message.contains("allowedNamespaces"));
    assert!(events.iter().any(refused), "{events:?}");
    assert!(!folder.path().join("secrets/guests").exists());

    let consent = files.replacen("  location:", "  allowedNamespaces: {from: All}\n  location:", 1);
    let events = session.take(&texts(&consent), now()).await.unwrap();
    let issued = |event: &Event| matches!(event, Event::Issued { key, .. } if key.name == "guest");
    assert!(events.iter().any(issued), "{events:?}");
    session.close().await;
}

#[tokio::test]
async fn another_catalog_has_another_database_and_the_first_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    session.take(&texts(QUICKSTART), now()).await.unwrap();
    let other = QUICKSTART.replace("quickstart", "other").replace("lake", "pond").replace("analyst", "bob");
    let events = session.take(&texts(&other), now()).await.unwrap();
    assert!(events.contains(&Event::Restarts) && events.contains(&Event::LetGo(key(Kind::Catalog, "quickstart"))));
    let events = session.take(&texts(QUICKSTART), now()).await.unwrap();
    assert!(
        events.contains(&Event::Warehouse { key: key(Kind::Warehouse, "lake"), outcome: Outcome::Adopted }),
        "{events:?}"
    );
    session.close().await;
}

#[tokio::test]
async fn no_table_lies_among_the_keys_however_its_place_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = open(&folder);
    for place in ["file://./server/", "file://./secrets/x", &format!("file://{}", session.state.root())] {
        let line = format!("location: file://./lake\n  allowedLocations: [\"{place}\"]");
        let refused = session.take(&texts(&QUICKSTART.replace("location: file://./lake", &line)), now()).await;
        assert!(matches!(refused, Err(SessionError::Problems(_))), "{place}");
    }
    let settings = QUICKSTART.replace("file://./lake", "file://./linked");
    std::os::unix::fs::symlink(folder.path().join("server"), folder.path().join("linked")).unwrap();
    let events = session.take(&texts(&settings), now()).await.unwrap();
    let refused = |event: &Event| matches!(event, Event::Failed { again: false, .. });
    assert!(events.iter().any(refused), "{events:?}");
    session.close().await;
}
