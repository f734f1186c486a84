//! What a real API server can't be made to show: that it hangs, and that somebody comes in between.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::response::IntoResponse as _;
use crds::Catalog;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::{Change, FINALIZER, Owner, add_finalizer, apply, delete, limited, remove_finalizer, write_status};
use crate::Error;
use crate::context::Context;
use crate::error::Halt;
use crate::metrics::Metrics;
use crate::outcome::Verdict;

/// A request as it came: method, path with query, body.
type Asked = (Method, String, Value);

/// An API server that gives each method its answers in turn, the last one for ever, and remembers what it was asked.
struct Script {
    context: Context,
    asked: Arc<Mutex<Vec<Asked>>>,
}

async fn script(answers: &[(Method, u16, Value)]) -> Script {
    let mut turns: BTreeMap<String, VecDeque<(u16, String)>> = BTreeMap::new();
    for (method, code, body) in answers {
        turns.entry(method.to_string()).or_default().push_back((*code, body.to_string()));
    }
    let turns = Arc::new(Mutex::new(turns));
    let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let remember = Arc::clone(&asked);
    let routes = Router::new().fallback(move |request: Request| {
        let (turns, remember) = (Arc::clone(&turns), Arc::clone(&remember));
        async move {
            let (parts, body) = request.into_parts();
            let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
            let body = serde_json::from_slice(&body).unwrap_or_default();
            remember.lock().unwrap().push((parts.method.clone(), parts.uri.to_string(), body));
            let (code, answer) = next(&mut turns.lock().unwrap(), &parts.method);
            (StatusCode::from_u16(code).unwrap(), answer).into_response()
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let mut config = Config::new(address);
    config.default_retry = false;
    let client = Client::try_from(config).unwrap();
    let settings = crate::settings::tests::settings();
    Script { context: Context::new(client, settings, Metrics::default(), || Timestamp::UNIX_EPOCH), asked }
}

fn next(turns: &mut BTreeMap<String, VecDeque<(u16, String)>>, method: &Method) -> (u16, String) {
    let answers = turns.entry(method.to_string()).or_default();
    let last = answers.len() == 1;
    if last { answers.front().cloned() } else { answers.pop_front() }.unwrap_or((500, "{}".into()))
}

impl Script {
    /// All requests that change something.
    fn writes(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|(method, ..)| method != Method::GET).cloned().collect()
    }
}

fn status(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason})
}

fn catalog(finalizers: &[&str]) -> Catalog {
    serde_json::from_value(json!({
        "apiVersion": "catalog.pangolin.dev/v1alpha1",
        "kind": "Catalog",
        "metadata": {"name": "main", "namespace": "team", "uid": "u1", "resourceVersion": "7", "finalizers": finalizers},
        "spec": {"database": {"postgres": {"urlSecretRef": {"name": "db"}}}},
    }))
    .unwrap()
}

fn owner() -> Owner {
    Owner::of(&catalog(&[])).unwrap()
}

fn wanted() -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": "main"}, "data": {"a": "1"}})).unwrap()
}

/// What the API server has, and to whom it belongs.
fn live(owner_uid: &str, data: &Value) -> Value {
    let reference = json!({"apiVersion": "catalog.pangolin.dev/v1alpha1", "kind": "Catalog", "name": "main",
        "uid": owner_uid});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
        "metadata": {"name": "main", "namespace": "team", "uid": "o", "resourceVersion": "5",
            "ownerReferences": [reference]}})
}

async fn applied(script: &Script) -> Result<Change, Halt> {
    apply(&script.context, &owner(), "server", wanted()).await.map(|applied| applied.change)
}

#[tokio::test]
async fn a_call_that_hangs_ends_and_says_what_was_attempted() {
    let never = std::future::pending::<Result<(), kube::Error>>();
    let error = limited(Duration::from_millis(5), || "read x".into(), never).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }));
    assert!(error.to_string().starts_with("cannot read x: no answer"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_made_and_never_taken_over() {
    let made =
        script(&[(Method::GET, 404, status(404, "NotFound")), (Method::PATCH, 201, live("u1", &json!({})))]).await;
    assert_eq!(applied(&made).await.unwrap(), Change::Created);
    let [(_, path, body)] = made.writes().try_into().unwrap();
    assert!(path.contains("fieldManager=pangolin.dev%2Fcatalog") && !path.contains("force=true"), "{path}");
    assert_eq!(body["metadata"]["ownerReferences"][0]["uid"], "u1");
    assert_eq!(body["metadata"]["labels"]["app.kubernetes.io/managed-by"], "pangolin-operator");
    let raced =
        script(&[(Method::GET, 404, status(404, "NotFound")), (Method::PATCH, 409, status(409, "Conflict"))]).await;
    assert!(matches!(applied(&raced).await, Err(Halt::Error(error)) if error.code() == Some(409)));
}

/// The object as it is right after it was made, in another version.
async fn right() -> Value {
    let made =
        script(&[(Method::GET, 404, status(404, "NotFound")), (Method::PATCH, 201, live("u1", &json!({})))]).await;
    applied(&made).await.unwrap();
    let [(_, _, mut object)] = made.writes().try_into().unwrap();
    object["metadata"]["uid"] = json!("o");
    object["metadata"]["resourceVersion"] = json!("9");
    object
}

#[tokio::test]
async fn what_was_changed_by_hand_is_put_right_in_the_version_that_was_read() {
    let answers = [(Method::GET, 200, live("u1", &json!({"a": "2"}))), (Method::PATCH, 200, right().await)];
    let drifted = script(&answers).await;
    assert_eq!(applied(&drifted).await.unwrap(), Change::Updated);
    let [(_, path, body)] = drifted.writes().try_into().unwrap();
    assert!(path.contains("force=true"), "{path}");
    assert_eq!((&body["metadata"]["uid"], &body["metadata"]["resourceVersion"]), (&json!("o"), &json!("5")));
}

#[tokio::test]
async fn what_apply_leaves_otherwise_than_wanted_is_overwritten_in_the_version_that_it_answered() {
    let left = live("u1", &json!({"a": "3"}));
    let answers = [(Method::GET, 200, left.clone()), (Method::PATCH, 200, left), (Method::PATCH, 200, right().await)];
    let spoilt = script(&answers).await;
    assert_eq!(applied(&spoilt).await.unwrap(), Change::Updated);
    let [_, (_, path, body)] = spoilt.writes().try_into().unwrap();
    assert!(path.contains("fieldManager=pangolin.dev%2Fcatalog") && !path.contains("force"), "{path}");
    assert_eq!((&body["metadata"]["uid"], &body["metadata"]["resourceVersion"]), (&json!("o"), &json!("5")));
    assert_eq!(body["data"], json!({"a": "1"}));
}

fn refused() -> (Method, u16, Value) {
    (Method::PATCH, 422, status(422, "Invalid"))
}

#[tokio::test]
async fn what_apply_is_refused_for_is_overwritten_in_the_version_that_was_read() {
    let spoilt =
        script(&[(Method::GET, 200, live("u1", &json!({}))), refused(), (Method::PATCH, 200, right().await)]).await;
    assert_eq!(applied(&spoilt).await.unwrap(), Change::Updated);
    let [_, (_, path, body)] = spoilt.writes().try_into().unwrap();
    assert!(!path.contains("force"), "{path}");
    assert_eq!((&body["metadata"]["resourceVersion"], &body["data"]), (&json!("5"), &json!({"a": "1"})));
}

#[tokio::test]
async fn what_may_not_be_changed_is_made_anew_once_only_its_name_is_in_the_way() {
    let fixed = script(&[
        (Method::GET, 200, live("u1", &json!({"a": "2"}))),
        refused(),
        refused(),
        (Method::POST, 409, status(409, "AlreadyExists")),
        (Method::DELETE, 200, status(200, "")),
        (Method::PATCH, 201, live("u1", &json!({"a": "1"}))),
    ])
    .await;
    assert_eq!(applied(&fixed).await.unwrap(), Change::Updated);
    let [_, _, (_, trial, _), (gone, _, deletion), (_, made, body)] = fixed.writes().try_into().unwrap();
    assert!(trial.contains("dryRun=All"), "{trial}");
    assert_eq!((gone, &deletion["preconditions"]), (Method::DELETE, &json!({"uid": "o", "resourceVersion": "5"})));
    assert!(!made.contains("force") && body["metadata"]["uid"].is_null(), "{made} {body}");
}

#[tokio::test]
async fn what_is_never_allowed_leaves_what_works_where_it_is() {
    let wrong = script(&[
        (Method::GET, 200, live("u1", &json!({"a": "2"}))),
        refused(),
        (Method::POST, 422, status(422, "Invalid")),
    ])
    .await;
    assert!(matches!(applied(&wrong).await, Err(Halt::Hold(hold)) if hold.reason == "ObjectRefused"));
    assert!(wrong.writes().iter().all(|(method, ..)| method != Method::DELETE));
}

#[tokio::test]
async fn what_is_as_wanted_is_not_written() {
    let again = script(&[(Method::GET, 200, right().await)]).await;
    assert_eq!(applied(&again).await.unwrap(), Change::Unchanged);
    assert!(again.writes().is_empty());
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_not_touched() {
    let foreign = script(&[(Method::GET, 200, live("u2", &json!({"a": "2"})))]).await;
    let Err(Halt::Hold(hold)) = applied(&foreign).await else { panic!("it is no hold") };
    assert_eq!(hold.reason, "ObjectConflict");
    assert!(hold.message.contains("ConfigMap team/main"), "{hold}");
    let secret: Secret = serde_json::from_value(json!({"metadata": {"name": "main"}})).unwrap();
    let theirs = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "main", "namespace": "team"}});
    let occupied = script(&[(Method::GET, 200, theirs)]).await;
    let Err(Halt::Hold(hold)) = apply(&occupied.context, &owner(), "credential", secret).await else {
        panic!("it is no hold")
    };
    assert_eq!(hold.reason, "SecretConflict");
    assert!(occupied.writes().is_empty());
    assert!(!delete::<ConfigMap>(&foreign.context, &owner(), "team", "main").await.unwrap());
    assert!(foreign.writes().is_empty());
}

#[tokio::test]
async fn a_deletion_names_the_object_that_was_read() {
    let answers = [(Method::GET, 200, live("u1", &json!({}))), (Method::DELETE, 409, status(409, "Conflict"))];
    let replaced = script(&answers).await;
    assert!(!delete::<ConfigMap>(&replaced.context, &owner(), "team", "main").await.unwrap());
    let [(_, _, body)] = replaced.writes().try_into().unwrap();
    assert_eq!(body["preconditions"]["uid"], "o");
}

#[tokio::test]
async fn finalizers_of_others_stay_and_a_change_in_between_is_seen() {
    let answers = [(Method::PATCH, 409, status(409, "Conflict"))];
    let changed = script(&answers).await;
    let error = add_finalizer(&changed.context, &catalog(&["theirs"])).await.unwrap_err();
    assert_eq!(error.code(), Some(409));
    let [(_, _, body)] = changed.writes().try_into().unwrap();
    assert_eq!(body["metadata"]["finalizers"], json!(["theirs", FINALIZER]));
    assert_eq!((&body["metadata"]["uid"], &body["metadata"]["resourceVersion"]), (&json!("u1"), &json!("7")));
}

#[tokio::test]
async fn nothing_is_taken_off_what_is_gone_or_has_nothing() {
    let gone = script(&[(Method::PATCH, 404, status(404, "NotFound"))]).await;
    remove_finalizer(&gone.context, &catalog(&[FINALIZER, "theirs"])).await.unwrap();
    let [(_, _, body)] = gone.writes().try_into().unwrap();
    assert_eq!(body["metadata"]["finalizers"], json!(["theirs"]));
    remove_finalizer(&gone.context, &catalog(&["theirs"])).await.unwrap();
    assert_eq!(gone.writes().len(), 1);
}

#[tokio::test]
async fn a_status_that_says_nothing_new_is_not_written_and_one_for_the_dead_is_lost() {
    let gone = script(&[(Method::PATCH, 404, status(404, "NotFound"))]).await;
    let verdict = Verdict::Ready { reason: "Available", message: "" };
    let mut same = catalog(&[]);
    same.status = Some(crds::CatalogStatus::default());
    write_status(&gone.context, &same, &crds::CatalogStatus::default(), &verdict).await.unwrap();
    assert!(gone.writes().is_empty());
    write_status(&gone.context, &catalog(&[]), &crds::CatalogStatus::default(), &verdict).await.unwrap();
    let [(_, path, body)] = gone.writes().try_into().unwrap();
    assert!(path.contains("/catalogs/main/status?"), "{path}");
    assert_eq!(body["metadata"]["uid"], "u1");
}
