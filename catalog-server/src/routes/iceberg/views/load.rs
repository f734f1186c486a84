//! `GET /v1/{prefix}/namespaces/{namespace}/views/{view}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::Privilege;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::relations::{Sort, find};
use crate::routes::iceberg::{answer, metadata};
use crate::session::Session;

/// The view's metadata as it was written.
pub(crate) async fn load(
    State(app): State<Arc<App>>,
    session: Session,
    RelationInPath(key): RelationInPath,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Read, &key.ns)?;
    let view = find(&app, &session, Sort::View, &key).await?;
    let bytes = metadata::read(&app, &session, &view.metadata_location).await?;
    let config = answer::config(&session.warehouse);
    answer::relation(Some(&view.metadata_location), &bytes, Some(&config), None)
}
