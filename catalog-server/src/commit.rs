//! The one way from a handler to the tree: through the coalescer, counted, and marked if the request may come again.

use std::time::Duration;

use catalog_store::{Branch, Commit, CommitError, CommitRequest, Found, Operation, StoreError, UnderWay};
use tokio::time::sleep;
use uuid::Uuid;

use crate::app::App;
use crate::session::Session;
use crate::table::Table;

/// How often a commit looks again whether a purge has left the place that it wants …
const TRIES: u32 = 20;
/// … and how long it waits in between.
const PAUSE: Duration = Duration::from_millis(50);

/// Commits on the session's branch. A caller who goes away does not tear it.
///
/// # Errors
/// [`CommitError`]; what a conflict is called is a matter of the handler.
pub async fn commit(app: &App, session: &Session, request: CommitRequest) -> Result<Commit, CommitError> {
    let branch = session.branch().map_err(|error| CommitError::Backend(error.into()))?;
    commit_on(app, session, branch, request).await
}

/// The same for a state of a table that others build on already: it is queued after the one that it was built on. It may
/// claim no locations.
///
/// # Errors
/// As [`commit`].
pub async fn commit_in_line(
    app: &App,
    session: &Session,
    request: CommitRequest,
    line: &mut UnderWay<Table>,
) -> Result<Commit, CommitError> {
    let branch = session.branch().map_err(|error| CommitError::Backend(error.into()))?;
    let request = marked(session, request)?;
    line.may_queue().await;
    let result = match app.commits.queue(branch, request) {
        Ok(answer) => {
            line.is_queued();
            answer.await
        }
        Err(error) => Err(error),
    };
    note(app, session, &result);
    result
}

/// As [`commit`], on a branch that may be a protected one: what is no direct write asks for another privilege.
///
/// # Errors
/// As [`commit`].
pub async fn commit_on(
    app: &App,
    session: &Session,
    branch: &Branch,
    request: CommitRequest,
) -> Result<Commit, CommitError> {
    let request = marked(session, request)?;
    let result = match claims(&request) {
        true => in_place(app, branch, &request).await,
        false => app.commits.commit(branch, request).await,
    };
    note(app, session, &result);
    result
}

/// With the mark by which it is known if it comes again.
fn marked(session: &Session, mut request: CommitRequest) -> Result<CommitRequest, CommitError> {
    if let Some(repeatable) = &session.repeatable {
        if repeatable.was_answered() {
            return Err(CommitError::Backend("a repeated request was about to be applied again".into()));
        }
        request.idempotency.get_or_insert_with(|| repeatable.mark());
    }
    Ok(request)
}

fn note(app: &App, session: &Session, result: &Result<Commit, CommitError>) {
    if let (Ok(_), Some(repeatable)) = (result, &session.repeatable) {
        repeatable.settle();
    }
    app.metrics.commit(match result {
        Ok(_) => "applied",
        Err(CommitError::Conflict { .. }) => "conflict",
        Err(CommitError::Repeated(_)) => "repeated",
        Err(CommitError::OutcomeUnknown(_)) => "unknown",
        Err(CommitError::Unavailable(_)) => "unavailable",
        Err(CommitError::Backend(_)) => "failed",
    });
}

fn claims(request: &CommitRequest) -> bool {
    request.operations.iter().any(|operation| matches!(operation, Operation::Put { locations: Some(_), .. }))
}

/// Commits what claims locations. One that is held only because a purge has not ended is waited for a moment: most end
/// at once.
async fn in_place(app: &App, branch: &Branch, request: &CommitRequest) -> Result<Commit, CommitError> {
    let mut tries = 0..TRIES;
    loop {
        match app.commits.commit(branch, request.clone()).await {
            Err(CommitError::Conflict { key, found: Found::LocationTaken { location, holder } }) => {
                if !leaves(app, branch.warehouse_id, holder).await {
                    return Err(CommitError::Conflict { key, found: Found::LocationTaken { location, holder } });
                }
                if tries.next().is_none() {
                    return Err(CommitError::Conflict { key, found: Found::LocationLeft { location } });
                }
                app.purges.notify_one();
                sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

/// True for a table that nothing shows any more and whose files are to go. What cannot be found out stays a conflict.
async fn leaves(app: &App, warehouse_id: i64, content: Uuid) -> bool {
    let found: Result<bool, StoreError> = async {
        if !app.store.has_purge(content).await? {
            return Ok(false);
        }
        let Some(warehouse) = app.store.warehouse_of(warehouse_id).await? else { return Ok(false) };
        let window = app.settings.retention.window(&warehouse);
        let shown = app.store.shown(warehouse_id, &window, app.clock.now()).await?;
        Ok(app.store.seen(content, &shown).await?.is_empty())
    }
    .await;
    found.unwrap_or(false)
}
