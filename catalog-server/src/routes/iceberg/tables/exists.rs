//! `HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use http::StatusCode;

use super::find;
use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names::TableInPath;
use crate::session::Session;

/// 204 or 404.
pub(crate) async fn exists(
    State(app): State<Arc<App>>,
    session: Session,
    TableInPath(key): TableInPath,
) -> Result<StatusCode, ApiError> {
    session.allow(Privilege::Read, &key.ns)?;
    find(&app, &session, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
