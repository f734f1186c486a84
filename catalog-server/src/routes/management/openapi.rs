//! `GET /api/v1/openapi.json`: the contract of `/api/v1/…`. Generators and browsers of documents send no token, and it
//! says nothing that the source does not.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderName, header};

/// Made once from the types.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| catalog_api::openapi::document().to_string().into());

/// The same bytes for everybody.
pub async fn show() -> ([(HeaderName, &'static str); 1], Bytes) {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone())
}
