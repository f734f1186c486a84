//! `POST /api/v1/warehouses/{warehouse}/merge`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::management::MergeRequest;

use super::asked::{self, Asked};
use super::{Source, allow, run};
use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::session::Session;

/// Brings what a state has, and a branch has not got yet, into the branch.
///
/// # Errors
/// 400 for what makes no sense; 403 without `Manage`; 404 for a state or branch that is not there; 409 with a report for
/// conflicts, and for a table whose files or location are gone.
pub async fn merge(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<MergeRequest>,
) -> Result<Response, ApiError> {
    let MergeRequest { from, into, mode, modes, dry_run, message } = request;
    allow(&session)?;
    let message = asked::message(message, || format!("merge {from} into {into}"))?;
    let asked = Asked { into, modes: asked::modes(mode, modes)?, dry_run, message };
    let source = session.at(&app, Some(&from)).await?.view().clone();
    run(&app, &session, Source::State(source), asked).await
}
