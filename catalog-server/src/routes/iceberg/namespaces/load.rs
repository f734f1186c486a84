//! `GET /v1/{prefix}/namespaces/{namespace}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::NamespaceResponse;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::namespaces::{find, response};
use crate::session::Session;

/// The namespace with its properties.
pub(crate) async fn load(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
) -> Result<Json<NamespaceResponse>, ApiError> {
    session.allow(Privilege::Read, &ns)?;
    let found = find(&app, &session, &ns).await?;
    response(&session, &ns, found.properties).map(Json)
}
