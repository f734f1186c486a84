//! `GET /v1/{prefix}/namespaces/{namespace}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::NamespaceResponse;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names::{self, InPath};
use crate::routes::iceberg::namespaces::find;
use crate::session::Session;

/// The namespace with its properties.
pub(crate) async fn load(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
) -> Result<Json<NamespaceResponse>, ApiError> {
    session.allow(Privilege::Read, &ns)?;
    let found = find(&app, &session, &ns).await?;
    Ok(Json(NamespaceResponse { namespace: names::levels(&ns), properties: found.properties }))
}
