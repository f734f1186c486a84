//! `HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}` and `…/views/{view}`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use http::StatusCode;

use super::{Sort, find};
use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names::RelationInPath;
use crate::session::Session;

/// 204 or 404.
pub(crate) async fn table(
    State(app): State<Arc<App>>,
    session: Session,
    key: RelationInPath,
) -> Result<StatusCode, ApiError> {
    exists(&app, &session, Sort::Table, key).await
}

/// 204 or 404.
pub(crate) async fn view(
    State(app): State<Arc<App>>,
    session: Session,
    key: RelationInPath,
) -> Result<StatusCode, ApiError> {
    exists(&app, &session, Sort::View, key).await
}

async fn exists(
    app: &App,
    session: &Session,
    sort: Sort,
    RelationInPath(key): RelationInPath,
) -> Result<StatusCode, ApiError> {
    session.allow(Privilege::Read, &key.ns)?;
    find(app, session, sort, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
