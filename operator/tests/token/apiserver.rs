//! As much of an API server as one Token needs: objects by their path, with versions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::life::{Fate, Life};

/// The objects, by the path of their URL.
#[derive(Clone)]
pub(crate) struct ApiServer {
    objects: Arc<Mutex<BTreeMap<String, Value>>>,
    life: Life,
}

impl ApiServer {
    pub(crate) fn new(life: Life) -> Self {
        Self { objects: Arc::default(), life }
    }

    /// For `kube::Client`.
    pub(crate) fn routes(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        self.objects.lock().unwrap().get(path).cloned()
    }

    /// What a user does; `null` deletes.
    pub(crate) fn put(&self, path: &str, object: Value) {
        let mut objects = self.objects.lock().unwrap();
        if object.is_null() {
            objects.remove(path);
        } else {
            objects.insert(path.to_owned(), object);
        }
    }

    fn read(&self, path: &str) -> Response {
        match self.get(path) {
            Some(object) => ok(&object),
            None => self.list(path),
        }
    }

    /// A collection is what lies below a path that ends with a kind.
    fn list(&self, path: &str) -> Response {
        if !path.ends_with("/secrets") && !path.ends_with("/warehouses") {
            return status(StatusCode::NOT_FOUND, "NotFound");
        }
        let below = format!("{path}/");
        let objects = self.objects.lock().unwrap();
        let items: Vec<_> = objects.iter().filter(|(one, _)| one.starts_with(&below)).map(|(_, one)| one).collect();
        ok(&json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}))
    }

    /// A trial is refused for its name alone, an immutable Secret takes no change.
    fn refusal(&self, method: &Method, path: &str) -> Option<Response> {
        let immutable = self.get(path).is_some_and(|object| object["immutable"] == true);
        match *method {
            Method::POST if path.ends_with("/secrets") => Some(status(StatusCode::CONFLICT, "AlreadyExists")),
            Method::PATCH if immutable => Some(status(StatusCode::UNPROCESSABLE_ENTITY, "Invalid")),
            _ => None,
        }
    }

    fn patch(&self, path: &str, body: &Value) -> Response {
        let mut objects = self.objects.lock().unwrap();
        let object = objects.entry(path.trim_end_matches("/status").to_owned()).or_insert_with(|| json!({}));
        for (key, value) in body.as_object().unwrap() {
            if key == "metadata" {
                let metadata = value.as_object().unwrap().clone();
                let metadata = metadata.into_iter().filter(|(key, _)| key != "uid" && key != "resourceVersion");
                if object["metadata"].is_null() {
                    object["metadata"] = json!({"uid": path});
                }
                object["metadata"].as_object_mut().unwrap().extend(metadata);
            } else {
                object[key] = value.clone();
            }
        }
        let version = object["metadata"]["resourceVersion"].as_str().map_or(0, |text| text.parse::<u64>().unwrap());
        object["metadata"]["resourceVersion"] = json!((version + 1).to_string());
        ok(object)
    }
}

async fn answer(State(server): State<ApiServer>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (method, path) = (parts.method, parts.uri.path().to_owned());
    let body = to_bytes(body, 1 << 20).await.unwrap();
    if server.life.is_over() {
        return status(StatusCode::INTERNAL_SERVER_ERROR, "TheOperatorIsDead");
    }
    if method == Method::GET {
        return server.read(&path);
    }
    if let Some(refusal) = server.refusal(&method, &path) {
        return refusal;
    }
    // Nothing depends on Events, and their number is no matter here.
    if path.contains("/events") {
        return (StatusCode::CREATED, body).into_response();
    }
    let fate = server.life.write(&named(&method, &path, &body));
    if fate == Fate::NotDone {
        return status(StatusCode::INTERNAL_SERVER_ERROR, "TheOperatorIsDead");
    }
    let answer = if method == Method::DELETE {
        server.put(&path, Value::Null);
        ok(&json!({"apiVersion": "v1", "kind": "Status", "status": "Success"}))
    } else {
        server.patch(&path, &serde_json::from_slice(&body).unwrap())
    };
    if fate == Fate::DoneUnheard { status(StatusCode::INTERNAL_SERVER_ERROR, "TheOperatorIsDead") } else { answer }
}

/// As tests call a write: `finalizers`, `status`, `secret analyst`, `delete secret analyst`.
fn named(method: &Method, path: &str, body: &Bytes) -> String {
    let name = path.rsplit('/').next().unwrap();
    let text = String::from_utf8_lossy(body);
    match (method, path.contains("/secrets/")) {
        (&Method::DELETE, _) => format!("delete secret {name}"),
        (_, true) => format!("secret {name}"),
        (_, false) if name == "status" => "status".into(),
        (_, false) if text.contains("finalizers") => "finalizers".into(),
        (_, false) => format!("{method} {path}"),
    }
}

fn ok(object: &Value) -> Response {
    axum::Json(object).into_response()
}

fn status(code: StatusCode, reason: &str) -> Response {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": reason, "reason": reason,
        "code": code.as_u16()});
    (code, axum::Json(body)).into_response()
}
