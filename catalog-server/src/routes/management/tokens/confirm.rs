//! `POST /api/v1/tokens/{owner}/{revision}/confirm`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::{ConfirmToken, TokenInfo};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{self, Path};
use crate::routes::management::{check_id, check_time};
use crate::session::AdminSession;

/// The reader's Secret holds this revision: the owner's older ones end at `cap_older_at`.
///
/// # Errors
/// 400 for what is no owner or no time; 404 if there is no such revision.
pub async fn confirm(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path((owner_uid, revision)): Path<(String, i64)>,
    extract::Json(ConfirmToken { cap_older_at }): extract::Json<ConfirmToken>,
) -> Result<Json<TokenInfo>, ApiError> {
    check_id("the owner", &owner_uid)?;
    check_time("cap_older_at", cap_older_at)?;
    let row = app.store.confirm_token(&owner_uid, revision, cap_older_at, app.clock.now()).await?;
    let row = row.ok_or_else(|| ApiError::not_found(format!("{owner_uid} has no token of revision {revision}")))?;
    super::info(row).map(Json)
}
