//! `DELETE /api/v1/tokens/{owner}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::routes::management::check_id;
use crate::session::AdminSession;

/// Revokes all tokens of an owner at once; done already if it has none.
///
/// # Errors
/// 400 for what is no owner.
pub async fn revoke(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path(owner_uid): Path<String>,
) -> Result<StatusCode, ApiError> {
    check_id("the owner", &owner_uid)?;
    app.store.revoke_tokens(&owner_uid, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
