//! `GET /api/v1/warehouses/{warehouse}/refs/{ref}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::Reference;
use catalog_store::NamespacePath;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::session::Session;

/// A branch or tag.
///
/// # Errors
/// 403 for those who read nothing of the warehouse, 404.
pub async fn get(
    State(app): State<Arc<App>>,
    session: Session,
    Path((_warehouse, name)): Path<(String, String)>,
) -> Result<Json<Reference>, ApiError> {
    session.allow_to_see(&NamespacePath::root())?;
    let row = super::find(&app, &session, &name).await?;
    super::info(&app, row).await.map(Json)
}
