//! `GET /api/v1/tokens/{owner}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::TokenInfo;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::routes::management::check_id;
use crate::session::AdminSession;

/// The newest revision of an owner's tokens, whether active or not.
///
/// # Errors
/// 400 for what is no owner; 404 if it never had one, or the sweep has taken the last.
pub async fn newest(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path(owner_uid): Path<String>,
) -> Result<Json<TokenInfo>, ApiError> {
    check_id("the owner", &owner_uid)?;
    let row = app.store.newest_token(&owner_uid).await?;
    let row = row.ok_or_else(|| ApiError::not_found(format!("{owner_uid} has no token")))?;
    super::info(row).map(Json)
}
