//! `GET /`: what this is. For anybody.

use axum::Json;
use serde_json::{Value, json};

/// Name, version and where to go on.
pub async fn show() -> Json<Value> {
    Json(json!({
        "name": "Pangolin catalog server",
        "version": env!("CARGO_PKG_VERSION"),
        "links": {"iceberg": "/v1/config", "management": "/api/v1/openapi.json"},
    }))
}
