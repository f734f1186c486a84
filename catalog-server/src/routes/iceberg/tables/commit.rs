//! `POST /v1/{prefix}/namespaces/{namespace}/tables/{table}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::Privilege;
use catalog_api::iceberg::CommitTableRequest;

use super::change::{Base, Change, Next};
use super::removed;
use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::places::Ground;
use crate::routes::iceberg::publish::{NotPublished, Publish, Published, publish, publish_in_line};
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
    // The answer has the whole metadata.
    session.allow(Privilege::Read, &key.ns)?;
    let change = Change::read(request, key)?;
    if session.was_answered() {
        return current(&app, &session, Sort::Table, &change.key).await;
    }
    let Published { metadata_location, metadata } = run(&app, &session, &change).await?;
    let tag = answer::whole_tag(&metadata_location, &session.warehouse);
    answer::relation(Some(&metadata_location), &metadata, None, Some(tag))
}

/// How often a commit stands in line before it goes alone, so that at last nobody of this process is in its way.
const IN_LINE: u32 = 4;

/// What becomes of a commit in the line of its table.
enum InLine {
    /// It is the table's state now.
    Applied(Published),
    /// Another writer was faster, or what it was built on did not come to be.
    Lost,
    /// Others must not build on it before it is applied.
    Alone,
}

async fn run(app: &App, session: &Session, change: &Change) -> Result<Published, ApiError> {
    let ground = Ground::new(&session.warehouse)?;
    let tries = if change.may_follow() { IN_LINE } else { 0 };
    for _ in 0..tries {
        match in_line(app, session, &ground, change).await? {
            InLine::Applied(published) => return Ok(published),
            InLine::Lost => {}
            InLine::Alone => break,
        }
    }
    alone(app, session, &ground, change).await
}

/// Builds on the state that the one before is about to make, if there is one, and lets the next one do the same.
async fn in_line(app: &App, session: &Session, ground: &Ground, change: &Change) -> Result<InLine, ApiError> {
    let turn = app.turns.follow(session.branch()?.id, &change.key).await?;
    let ahead = turn.ahead();
    let base = match &ahead {
        Some(ahead) => Base::of(ahead.state()),
        None => change.base(app, session).await?,
    };
    let next = match change.next(app, ground, &base) {
        Ok(Some(next)) if next.publish.claims.is_none() => next,
        other => {
            drop(turn);
            // What is said about a state is said only once it is the table's.
            if let Some(mut ahead) = ahead
                && !ahead.was_applied().await
            {
                return Ok(InLine::Lost);
            }
            return match other? {
                Some(_) => Ok(InLine::Alone),
                None => unchanged(app, session, change, &base).await.map(InLine::Applied),
            };
        }
    };
    let commit_id = app.ids.ordered();
    let (table, next) = next.under_way(commit_id);
    let line = turn.pass(table);
    match publish_in_line(app, session, commit_id, message(change, &next), next, line).await {
        Ok(published) => Ok(InLine::Applied(published)),
        Err(NotPublished::Commit(error)) if conflict::moved(&error) => Ok(InLine::Lost),
        Err(error) => Err(error.changing()),
    }
}

/// While nobody else of this process changes the table.
async fn alone(app: &App, session: &Session, ground: &Ground, change: &Change) -> Result<Published, ApiError> {
    let _turn = app.turns.wait(session.branch()?.id, &change.key).await?;
    let mut tries = Tries::new();
    loop {
        let base = change.base(app, session).await?;
        let guard = removed::check(app, session, change, &base).await?;
        let Some(Next { publish: next, .. }) = change.next(app, ground, &base)? else {
            return unchanged(app, session, change, &base).await;
        };
        match publish(app, session, message(change, &next), Publish { guard, ..next }).await {
            Ok(published) => return Ok(published),
            Err(NotPublished::Commit(error)) if tries.again(&error) => {}
            Err(error) => return Err(error.changing()),
        }
    }
}

/// The answer to a commit after which the table is as it was.
async fn unchanged(app: &App, session: &Session, change: &Change, base: &Base) -> Result<Published, ApiError> {
    let table = base.table().ok_or_else(|| ApiError::no_such_table(&change.key))?;
    let metadata = metadata::read(app, session, &table.metadata_location).await?;
    Ok(Published { metadata_location: table.metadata_location.clone(), metadata })
}

fn message(change: &Change, next: &Publish) -> String {
    let verb = if next.previous.is_some() { "commit to" } else { "create" };
    format!("{verb} table {}", change.key)
}
