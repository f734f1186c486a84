//! `HEAD /v1/{prefix}/namespaces/{namespace}`.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::namespaces::find;
use crate::session::Session;

/// 204 or 404. Whoever may read something below a namespace may know that it is there.
pub(crate) async fn exists(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
) -> Result<StatusCode, ApiError> {
    session.allow_to_see(&ns)?;
    find(&app, &session, &ns).await?;
    Ok(StatusCode::NO_CONTENT)
}
