//! `POST /api/v1/warehouses/{warehouse}/cherry-pick`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::management::PickRequest;

use super::{Source, pick};
use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::session::Session;

/// Brings what one commit did into a branch.
///
/// # Errors
/// As a merge's; 404 for a commit that is not there, too.
pub async fn cherry_pick(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<PickRequest>,
) -> Result<Response, ApiError> {
    pick(&app, &session, request, Source::Commit, |commit, into| format!("cherry-pick {commit} into {into}")).await
}
