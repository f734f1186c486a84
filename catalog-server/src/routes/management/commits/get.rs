//! `GET /api/v1/warehouses/{warehouse}/commits/{commit}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::management::CommitInfo;
use catalog_store::NamespacePath;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::session::Session;

/// A commit. Its message may name anything, so that it is for those who read the whole warehouse.
///
/// # Errors
/// 400 for what is no id, 403 without `Read` on the whole warehouse, 404.
pub async fn get(
    State(app): State<Arc<App>>,
    session: Session,
    Path((_warehouse, id)): Path<(String, Uuid)>,
) -> Result<Json<CommitInfo>, ApiError> {
    session.allow(Privilege::Read, &NamespacePath::root())?;
    let warehouse = &session.warehouse.row;
    let found = app.store.get_commit(warehouse.id, id).await?;
    let missing = || ApiError::not_found(format!("there is no commit {id} in warehouse {}", warehouse.name));
    let (commit, _view) = found.ok_or_else(missing)?;
    super::info(&app, commit).await.map(Json)
}
