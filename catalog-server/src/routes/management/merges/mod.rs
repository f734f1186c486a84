//! `/api/v1/warehouses/{warehouse}/merge`, `…/cherry-pick` and `…/revert`: three ways to bring changes into a branch as
//! one commit.
//!
//! A merge that comes again has nothing left to do, so that it may be repeated without harm. A cherry-pick or revert that
//! comes again may find that its changes were changed since, or apply them anew: an `Idempotency-Key` keeps it from that.

mod asked;
mod cherry_pick;
mod merge;
mod report;
mod revert;

pub use cherry_pick::cherry_pick;
pub use merge::merge;
pub use revert::revert;

use axum::response::Response;
use catalog_api::Privilege;
use catalog_api::management::{MergeReport, PickRequest};
use catalog_store::merge::{self as trees, Outcome, Prepared};
use catalog_store::{Branch, Commit, CommitError, CommitRequest, NamespacePath, Origin, StoreError, View};
use uuid::Uuid;

use crate::app::App;
use crate::commit::commit_on;
use crate::error::ApiError;
use crate::routes::management::{arrivals, commits};
use crate::session::Session;
use asked::Asked;

/// Tries in all, each on the branch as it is then.
const TRIES: u32 = 5;

/// What is brought into a branch.
#[derive(Clone, Debug)]
enum Source {
    /// What a state has.
    State(View),
    /// What a commit did.
    Commit(Uuid),
    /// What undoes a commit.
    Inverse(Uuid),
}

impl Source {
    async fn prepare(&self, app: &App, warehouse: i64, target: &View, asked: &Asked) -> Result<Prepared, StoreError> {
        match self {
            Self::State(view) => trees::merge(&*app.store, view, target, &asked.modes).await,
            Self::Commit(id) => trees::cherry_pick(&*app.store, warehouse, *id, target, &asked.modes).await,
            Self::Inverse(id) => trees::revert(&*app.store, warehouse, *id, target, &asked.modes).await,
        }
    }
}

/// What a cherry-pick and a revert have in common. `says` is the commit's message, if the request has none.
async fn pick(
    app: &App,
    session: &Session,
    request: PickRequest,
    source: fn(Uuid) -> Source,
    says: fn(Uuid, &str) -> String,
) -> Result<Response, ApiError> {
    let PickRequest { commit, into, mode, modes, dry_run, message } = request;
    allow(session)?;
    let message = asked::message(message, || says(commit, &into))?;
    let asked = Asked { into, modes: asked::modes(mode, modes)?, dry_run, message };
    must_be_there(app, session, commit).await?;
    run(app, session, source(commit), asked).await
}

/// Brings the source into the branch, or tells what stands in the way.
async fn run(app: &App, session: &Session, source: Source, asked: Asked) -> Result<Response, ApiError> {
    let target = session.at(app, Some(&asked.into)).await?;
    let branch = branch(&target)?;
    if let Some(repeatable) = session.repeatable.as_ref().filter(|repeatable| repeatable.was_answered()) {
        return report::again(app, session, repeatable.detail()).await;
    }
    for tries_left in (0..TRIES).rev() {
        let Prepared { outcome, origin, news } =
            source.prepare(app, session.warehouse.row.id, target.view(), &asked).await?;
        if !outcome.clashes.is_empty() || !news || asked.dry_run {
            return without_commit(app, session, outcome, &asked).await;
        }
        let changes = outcome.operations.len() as u64;
        match commit(app, session, branch, outcome, origin, &asked).await? {
            Ok(commit) => return report::committed(app, commit, changes).await,
            Err(error) if tries_left > 0 && arrivals::moved(&error) => {}
            Err(error) => return Err(arrivals::refused(error)),
        }
    }
    Err(ApiError::internal("the tries of a merge have no end"))
}

fn branch(target: &Session) -> Result<&Branch, ApiError> {
    let branch = target.revision.branch.as_ref();
    branch.ok_or_else(|| {
        ApiError::bad_request("only into a branch can changes be brought: a tag, a time or a commit is the past")
    })
}

/// # Errors
/// 403 without `Manage` on the whole warehouse.
fn allow(session: &Session) -> Result<(), ApiError> {
    session.allow(Privilege::Manage, &NamespacePath::root())
}

/// Nothing is kept of such an answer: the next time it may be another one.
async fn without_commit(app: &App, session: &Session, outcome: Outcome, asked: &Asked) -> Result<Response, ApiError> {
    if let Some(repeatable) = &session.repeatable {
        repeatable.settle();
    }
    let report: MergeReport = report::of(app, outcome).await?;
    Ok(report::answer(report, asked.dry_run))
}

async fn commit(
    app: &App,
    session: &Session,
    branch: &Branch,
    outcome: Outcome,
    origin: Origin,
    asked: &Asked,
) -> Result<Result<Commit, CommitError>, ApiError> {
    let Outcome { mut operations, mut preconditions, arrivals, clashes: _ } = outcome;
    preconditions.extend(arrivals::claim(app, session, &arrivals, &mut operations).await?);
    let id = app.ids.ordered();
    let detail = report::detail(id, operations.len());
    let request = CommitRequest {
        id,
        author: session.principal.name.clone(),
        message: asked.message.clone(),
        operations,
        preconditions,
        idempotency: session.repeatable.as_ref().map(|repeatable| repeatable.mark_with(&detail)),
        origin: Some(origin),
    };
    Ok(commit_on(app, session, branch, request).await)
}

/// # Errors
/// 404 if there is no such commit, or retention has taken what it changed.
async fn must_be_there(app: &App, session: &Session, commit: Uuid) -> Result<(), ApiError> {
    commits::around(app, session, commit).await.map(drop)
}
