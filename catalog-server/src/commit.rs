//! The one way from a handler to the tree: through the coalescer, counted, and marked if the request may come again.

use catalog_store::{Commit, CommitError, CommitRequest};

use crate::app::App;
use crate::session::Session;

/// Commits on the session's branch. A caller who goes away does not tear it.
///
/// # Errors
/// [`CommitError`]; what a conflict is called is a matter of the handler.
pub async fn commit(app: &App, session: &Session, mut request: CommitRequest) -> Result<Commit, CommitError> {
    let branch = session.branch().map_err(|error| CommitError::Backend(error.into()))?;
    if let Some(repeatable) = &session.repeatable {
        if repeatable.was_answered() {
            return Err(CommitError::Backend("a repeated request was about to be applied again".into()));
        }
        request.idempotency.get_or_insert_with(|| repeatable.mark());
    }
    let result = app.commits.commit(branch, request).await;
    if let (Ok(_), Some(repeatable)) = (&result, &session.repeatable) {
        repeatable.settle();
    }
    app.metrics.commit(match &result {
        Ok(_) => "applied",
        Err(CommitError::Conflict { .. }) => "conflict",
        Err(CommitError::Repeated(_)) => "repeated",
        Err(CommitError::OutcomeUnknown(_)) => "unknown",
        Err(CommitError::Unavailable(_)) => "unavailable",
        Err(CommitError::Backend(_)) => "failed",
    });
    result
}
