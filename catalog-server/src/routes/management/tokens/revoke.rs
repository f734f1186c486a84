//! `DELETE /api/v1/tokens/{owner}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::session::AdminSession;

/// Revokes all tokens of an owner at once; done already if it has none.
///
/// # Errors
/// Those of the store.
pub async fn revoke(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path(owner_uid): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.store.revoke_tokens(&owner_uid, app.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
