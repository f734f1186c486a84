//! `GET /v1/config`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::iceberg::{ConfigQuery, ConfigResponse};
use catalog_api::names::is_warehouse_name;
use catalog_api::{ENDPOINTS, Endpoint, Prefix, RefExpr};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::session::PrincipalSession;

/// [`super::names::SEPARATOR`] as the protocol advertises it.
const SEPARATOR: &str = "%1F";
/// How long a request may come again under its `Idempotency-Key` (ISO 8601).
const IDEMPOTENCY_KEY_LIFETIME: &str = "PT30M";

/// What a client has to know before its first call: where the warehouse's routes are, and which of them work.
pub(crate) async fn config(
    State(app): State<Arc<App>>,
    session: PrincipalSession,
    Query(query): Query<ConfigQuery>,
) -> Result<Json<ConfigResponse>, ApiError> {
    let ConfigQuery { warehouse } = query;
    let text = warehouse.filter(|text| !text.is_empty()).ok_or_else(|| {
        ApiError::bad_request("name a warehouse: /v1/config?warehouse=NAME (in clients, the setting `warehouse`)")
    })?;
    let prefix = Prefix::parse_warehouse(&text).ok_or_else(|| unreadable(&text))?;
    session.open(&app, &prefix).await?;
    let reference = text.split_once('@').map(|(_warehouse, reference)| reference);
    let overrides = BTreeMap::from([
        ("prefix".to_owned(), Prefix::encode(&prefix.warehouse, reference)),
        ("namespace-separator".to_owned(), SEPARATOR.to_owned()),
    ]);
    let idempotency_key_lifetime = Some(IDEMPOTENCY_KEY_LIFETIME.to_owned());
    let endpoints = ENDPOINTS.iter().filter(|endpoint| endpoint.is_iceberg()).map(Endpoint::advertised).collect();
    Ok(Json(ConfigResponse { defaults: BTreeMap::new(), overrides, endpoints, idempotency_key_lifetime }))
}

/// What follows a warehouse's name is no ref expression, or the name is none that a warehouse can have.
fn unreadable(text: &str) -> ApiError {
    match text.split_once('@') {
        Some((warehouse, _)) if is_warehouse_name(warehouse) => {
            ApiError::bad_request(format!("what follows {warehouse}@ must be {}", RefExpr::GRAMMAR))
        }
        _ => ApiError::no_such_warehouse(&shown(text)),
    }
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
