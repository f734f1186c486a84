//! `POST /api/v1/warehouses/{warehouse}/refs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use catalog_api::Privilege;
use catalog_api::management::{CreateRef, RefType, Reference};
use catalog_store::{MAX_DEPTH, NamespacePath, Reference as Row, View};

use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::session::Session;

/// Makes a branch or tag, however large the warehouse is.
///
/// # Errors
/// 400 for a name that none may have, and for a branch with too many ancestors; 403 without `Manage`; 404 for a state
/// that is not there; 409 if the name is taken.
pub async fn create(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<CreateRef>,
) -> Result<(StatusCode, Json<Reference>), ApiError> {
    let CreateRef { name, r#type, from } = request;
    session.allow(Privilege::Manage, &NamespacePath::root())?;
    super::check_name(&name)?;
    let row = match session.was_answered() {
        true => super::find(&app, &session, &name).await?,
        false => {
            let from = session.at(&app, from.as_deref()).await?.view().clone();
            make(&app, &session, &name, r#type, &from).await?
        }
    };
    Ok((StatusCode::CREATED, Json(super::info(&app, row).await?)))
}

async fn make(app: &App, session: &Session, name: &str, r#type: RefType, from: &View) -> Result<Row, ApiError> {
    let (warehouse, now) = (session.warehouse.row.id, app.clock.now());
    match r#type {
        RefType::Branch => {
            check_depth(from)?;
            Ok(Row::Branch(app.store.create_branch(warehouse, name, from, now).await?))
        }
        RefType::Tag => Ok(Row::Tag(app.store.create_tag(warehouse, name, from, now).await?)),
    }
}

/// The store says it, too: as a conflict.
fn check_depth(from: &View) -> Result<(), ApiError> {
    if from.lineage.len() <= MAX_DEPTH {
        return Ok(());
    }
    let text =
        format!("a branch has at most {MAX_DEPTH} ancestors: merge this one, and fork from what it was merged into");
    Err(ApiError::validation(text))
}
