//! `HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}` and `…/views/{view}`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use http::StatusCode;

use super::{Relation, Sort, find};
use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::metadata;
use crate::routes::iceberg::names::RelationInPath;
use crate::session::Session;

/// 204 or 404, as a GET would be: also 404 if the metadata file is gone.
pub(crate) async fn table(
    State(app): State<Arc<App>>,
    session: Session,
    key: RelationInPath,
) -> Result<StatusCode, ApiError> {
    exists(&app, &session, Sort::Table, key).await
}

/// As [`table`].
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
    let Relation { id: _, metadata_location } = find(app, session, sort, &key).await?;
    metadata::must_exist(app, session, &metadata_location).await?;
    Ok(StatusCode::NO_CONTENT)
}
