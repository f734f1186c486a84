//! `DELETE /api/v1/warehouses/{warehouse}/refs/{ref}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use catalog_api::Privilege;
use catalog_store::{NamespacePath, Reference as Row};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::session::Session;

/// Takes a branch or tag away. What was forked from it, and what tags name, stays.
///
/// # Errors
/// 403 without `Manage`; 404; 409 for `main` and for a protected branch.
pub async fn delete(
    State(app): State<Arc<App>>,
    session: Session,
    Path((_warehouse, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    session.allow(Privilege::Manage, &NamespacePath::root())?;
    let now = app.clock.now();
    match super::find(&app, &session, &name).await? {
        Row::Branch(branch) => app.store.delete_branch(&branch, now).await?,
        // Gone meanwhile is as good.
        Row::Tag(tag) => app.store.delete_tag(tag.warehouse_id, &tag.name, now).await.map(drop)?,
    }
    // Nothing may show any more what was dropped with a purge.
    app.purges.notify_one();
    Ok(StatusCode::NO_CONTENT)
}
