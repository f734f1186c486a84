//! `POST /v1/{prefix}/namespaces/{namespace}/tables/{table}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::Privilege;
use catalog_api::iceberg::CommitTableRequest;

use super::change::Change;
use super::removed;
use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::places::Ground;
use crate::routes::iceberg::publish::{NotPublished, Publish, Published, publish};
use crate::routes::iceberg::relations::{Sort, current};
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{answer, conflict, metadata};
use crate::session::Session;

/// Checks the requirements against the current metadata, applies the updates, and makes the result current. If another
/// writer is faster, it begins again from the new pointer: the requirements say whether that is all right.
pub(crate) async fn commit(
    State(app): State<Arc<App>>,
    session: Session,
    RelationInPath(key): RelationInPath,
    extract::Json(request): extract::Json<CommitTableRequest>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &key.ns)?;
    let change = Change::read(request, key)?;
    if session.was_answered() {
        return current(&app, &session, Sort::Table, &change.key).await;
    }
    let Published { metadata_location, metadata } = run(&app, &session, &change).await?;
    let tag = answer::whole_tag(&metadata_location, &session.warehouse);
    answer::relation(Some(&metadata_location), &metadata, None, Some(tag))
}

async fn run(app: &App, session: &Session, change: &Change) -> Result<Published, ApiError> {
    let ground = Ground::new(&session.warehouse)?;
    let key = &change.key;
    let _turn = app.turns.wait(session.branch()?.id, key).await?;
    let mut tries = Tries::new();
    loop {
        let base = change.base(app, session).await?;
        let guard = removed::check(app, session, change, &base).await?;
        let Some(next) = change.next(app, &ground, &base)? else {
            let table = base.into_table().ok_or_else(|| ApiError::no_such_table(key))?;
            let metadata = metadata::read(app, session, &table.metadata_location).await?;
            return Ok(Published { metadata_location: table.metadata_location, metadata });
        };
        let verb = if next.previous.is_some() { "commit to" } else { "create" };
        match publish(app, session, format!("{verb} table {key}"), Publish { guard, ..next }).await {
            Ok(published) => return Ok(published),
            Err(NotPublished::Commit(error)) if tries.again(&error) => {}
            Err(NotPublished::Commit(error)) => return Err(conflict::changing(error)),
            Err(NotPublished::File(error)) => return Err(error),
        }
    }
}
