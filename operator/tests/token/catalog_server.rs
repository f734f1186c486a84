//! As much of a catalog server as one Token needs: its rows, on a port of their own.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use catalog_api::management::{ConfirmToken, Outcome, PutToken, PutTokenResponse, TokenInfo};
use catalog_api::{BearerToken, ErrorBody, ErrorType, PageOf, TokenHash};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;

use crate::life::{Fate, Life};

/// The rows, by (owner, revision) in the order of their coming.
#[derive(Clone)]
pub(crate) struct CatalogServer {
    rows: Arc<Mutex<Vec<(TokenInfo, TokenHash)>>>,
    /// The namespace that the Warehouse `lake` lies in; `None` if there is no such Warehouse.
    lake: Arc<Mutex<Option<String>>>,
    life: Life,
    now: fn() -> Timestamp,
}

impl CatalogServer {
    /// Returns its address, too.
    pub(crate) async fn start(life: Life, now: fn() -> Timestamp) -> (Self, String) {
        let lake = Arc::new(Mutex::new(Some("team".to_owned())));
        let server = Self { rows: Arc::default(), lake, life, now };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/api/v1/tokens", get(list))
            .route("/api/v1/tokens/{owner}", get(newest).delete(revoke))
            .route("/api/v1/tokens/{owner}/{revision}", put(put_one))
            .route("/api/v1/tokens/{owner}/{revision}/confirm", post(confirm))
            .route("/api/v1/warehouses/{name}", get(warehouse))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (server, address)
    }

    pub(crate) fn rows(&self) -> Vec<TokenInfo> {
        self.rows.lock().unwrap().iter().map(|(row, _)| row.clone()).collect()
    }

    /// Moves the Warehouse `lake` to another namespace, or removes it.
    pub(crate) fn move_warehouse(&self, namespace: Option<&str>) {
        *self.lake.lock().unwrap() = namespace.map(ToOwned::to_owned);
    }

    /// Whether a reader with this token is let in now.
    pub(crate) fn takes(&self, token: &BearerToken) -> bool {
        let rows = self.rows.lock().unwrap();
        rows.iter().any(|(row, hash)| *hash == token.hash() && self.is_active(row))
    }

    pub(crate) fn active(&self) -> Vec<i64> {
        self.rows().iter().filter(|row| self.is_active(row)).map(|row| row.revision).collect()
    }

    fn is_active(&self, row: &TokenInfo) -> bool {
        row.revoked_at.is_none() && row.expires_at > (self.now)()
    }

    /// A write that may be the last one.
    fn write(&self, what: &str, change: impl FnOnce(&mut Vec<(TokenInfo, TokenHash)>) -> Response) -> Response {
        let fate = self.life.write(what);
        if fate == Fate::NotDone {
            return dead();
        }
        let answer = change(&mut self.rows.lock().unwrap());
        if fate == Fate::DoneUnheard { dead() } else { answer }
    }
}

fn dead() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn refused(r#type: ErrorType) -> Response {
    let code = StatusCode::from_u16(r#type.code()).unwrap();
    (code, Json(ErrorBody::new(r#type, "as the test wants it"))).into_response()
}

async fn list(State(server): State<CatalogServer>) -> Response {
    if server.life.is_over() {
        return dead();
    }
    let items = server.rows().into_iter().filter(|row| server.is_active(row)).collect();
    Json(PageOf { items, next_page_token: None, total: None }).into_response()
}

async fn warehouse(State(server): State<CatalogServer>, Path(name): Path<String>) -> Response {
    if server.life.is_over() {
        return dead();
    }
    match server.lake.lock().unwrap().clone().filter(|_| name == "lake") {
        None => refused(ErrorType::NotFoundException),
        Some(namespace) => {
            let uid = "00000000-0000-0000-0000-000000000000";
            let lake = json!({"uid": uid, "name": name, "location": "s3://bucket/lake/", "allowed_locations": [],
                "namespace": namespace, "storage": {}, "default_properties": {}, "owner_uid": "w", "revision": "1",
                "created_at": Timestamp::UNIX_EPOCH});
            Json(lake).into_response()
        }
    }
}

async fn newest(State(server): State<CatalogServer>, Path(owner): Path<String>) -> Response {
    if server.life.is_over() {
        return dead();
    }
    let rows = server.rows();
    match rows.iter().filter(|row| row.owner_uid == owner).max_by_key(|row| row.revision) {
        Some(row) => Json(row).into_response(),
        None => refused(ErrorType::NotFoundException),
    }
}

async fn put_one(
    State(server): State<CatalogServer>,
    Path((owner_uid, revision)): Path<(String, i64)>,
    Json(body): Json<PutToken>,
) -> Response {
    server.write(&format!("put {revision}"), |rows| {
        let PutToken { token_id, hash, user_id, grants, expires_at } = body;
        if rows.iter().any(|(row, other)| row.owner_uid == owner_uid && row.revision == revision && *other != hash) {
            return refused(ErrorType::ConflictException);
        }
        let (confirmed_at, revoked_at) = (None, None);
        let token = TokenInfo { token_id, user_id, owner_uid, revision, grants, expires_at, confirmed_at, revoked_at };
        rows.push((token.clone(), hash));
        Json(PutTokenResponse { outcome: Outcome::Created, token }).into_response()
    })
}

async fn confirm(
    State(server): State<CatalogServer>,
    Path((owner, revision)): Path<(String, i64)>,
    Json(ConfirmToken { cap_older_at }): Json<ConfirmToken>,
) -> Response {
    let now = (server.now)();
    server.write(&format!("confirm {revision}"), |rows| {
        for (row, _) in rows.iter_mut().filter(|(row, _)| row.owner_uid == owner && row.revision < revision) {
            row.expires_at = row.expires_at.min(cap_older_at);
        }
        let found = rows.iter_mut().find(|(row, _)| row.owner_uid == owner && row.revision == revision);
        let Some((row, _)) = found else { return refused(ErrorType::NotFoundException) };
        row.confirmed_at = Some(now);
        Json(&*row).into_response()
    })
}

async fn revoke(State(server): State<CatalogServer>, Path(owner): Path<String>) -> Response {
    let now = (server.now)();
    server.write("revoke", |rows| {
        for (row, _) in rows.iter_mut().filter(|(row, _)| row.owner_uid == owner) {
            row.revoked_at = Some(now);
        }
        StatusCode::NO_CONTENT.into_response()
    })
}
