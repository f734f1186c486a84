//! `POST /api/v1/warehouses/{warehouse}/cherry-pick`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::management::PickRequest;

use super::asked::{self, Asked};
use super::{Source, allow, must_be_there, run};
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
    let PickRequest { commit, into, mode, modes, dry_run, message } = request;
    allow(&session)?;
    let message = asked::message(message, || format!("cherry-pick {commit} into {into}"))?;
    let asked = Asked { into, modes: asked::modes(mode, modes)?, dry_run, message };
    must_be_there(&app, &session, commit).await?;
    run(&app, &session, Source::Commit(commit), asked).await
}
