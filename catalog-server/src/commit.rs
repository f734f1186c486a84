//! The one way from a handler to the tree: through the coalescer, counted.

use catalog_store::{Commit, CommitError, CommitRequest};

use crate::app::App;
use crate::session::Session;

/// Commits on the session's branch. A caller who goes away does not tear it.
///
/// # Errors
/// [`CommitError`]; what a conflict is called is a matter of the handler.
pub async fn commit(app: &App, session: &Session, request: CommitRequest) -> Result<Commit, CommitError> {
    let result = app.commits.commit(&session.branch, request).await;
    app.metrics.commit(match &result {
        Ok(_) => "applied",
        Err(CommitError::Conflict { .. }) => "conflict",
        Err(CommitError::OutcomeUnknown(_)) => "unknown",
        Err(CommitError::Unavailable(_)) => "unavailable",
        Err(CommitError::Backend(_)) => "failed",
    });
    result
}
