//! `PATCH /api/v1/warehouses/{warehouse}/refs/{ref}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::management::{Reference, UpdateRef};
use catalog_store::{Branch, NamespacePath, Reference as Row};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{self, Path};
use crate::session::Session;

/// Gives a branch another name, protects it, or takes the protection off.
///
/// # Errors
/// 400 for a name that none may have, and for a tag, which never changes; 403 without `Manage`; 404; 409 if the name is
/// taken, and for a new name for `main`.
pub async fn update(
    State(app): State<Arc<App>>,
    session: Session,
    Path((_warehouse, name)): Path<(String, String)>,
    extract::Json(request): extract::Json<UpdateRef>,
) -> Result<Json<Reference>, ApiError> {
    session.allow(Privilege::Manage, &NamespacePath::root())?;
    request.name.as_deref().map_or(Ok(()), super::check_name)?;
    if session.was_answered() {
        let row = super::find(&app, &session, request.name.as_ref().unwrap_or(&name)).await?;
        return super::info(&app, row).await.map(Json);
    }
    let branch = match super::find(&app, &session, &name).await? {
        Row::Branch(branch) => branch,
        Row::Tag(_) => return Err(ApiError::validation(format!("tag {name} never changes: make another one"))),
    };
    let branch = change(&app, branch, request).await?;
    super::info(&app, Row::Branch(branch)).await.map(Json)
}

async fn change(app: &App, mut branch: Branch, request: UpdateRef) -> Result<Branch, ApiError> {
    let UpdateRef { name, protected } = request;
    let now = app.clock.now();
    if let Some(name) = name.filter(|name| *name != branch.name) {
        branch = app.store.rename_branch(&branch, &name, now).await?;
    }
    if let Some(protected) = protected {
        branch = app.store.protect_branch(&branch, protected, now).await?;
    }
    Ok(branch)
}
