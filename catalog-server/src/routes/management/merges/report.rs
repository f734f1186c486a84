//! What came of it: the answer's body.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use catalog_api::management::{ConflictReason, MergeConflict, MergeRefused, MergeReport};
use catalog_api::{ErrorBody, ErrorType};
use catalog_store::Commit;
use catalog_store::merge::{Clash, Outcome, Reason};
use uuid::Uuid;

use crate::app::App;
use crate::error::{ApiError, Cause};
use crate::routes::iceberg::names;
use crate::routes::management::changes::{Writers, kind_of};
use crate::routes::management::commits;
use crate::session::Session;

/// Conflicts that a report shows.
const MAX_CONFLICTS: usize = 1_000;

/// The answer for a commit.
///
/// # Errors
/// The store's.
pub(super) async fn committed(app: &App, commit: Commit, changes: u64) -> Result<Response, ApiError> {
    let commit = Some(commits::info(app, commit).await?);
    let report = MergeReport { commit, changes, conflict_count: 0, conflicts: Vec::new() };
    Ok(Json(report).into_response())
}

/// What is to be kept of a commit, for [`again`].
pub(super) fn detail(commit: Uuid, changes: usize) -> String {
    format!("{commit} {changes}")
}

/// The answer for a request that came before and was applied.
///
/// # Errors
/// The store's.
pub(super) async fn again(app: &App, session: &Session, detail: Option<&str>) -> Result<Response, ApiError> {
    let kept =
        detail.and_then(|text| text.split_once(' ')).and_then(|(id, n)| Some((id.parse().ok()?, n.parse().ok()?)));
    let (id, changes): (Uuid, u64) = kept.ok_or_else(|| ApiError::internal("the mark of a merge has no commit"))?;
    let found = app.store.get_commit(session.warehouse.row.id, id).await?;
    let (commit, _view) = found.ok_or_else(|| ApiError::internal("the commit of a merge is gone"))?;
    committed(app, commit, changes).await
}

/// What would be done, and what stands in the way.
///
/// # Errors
/// The store's.
pub(super) async fn of(app: &App, outcome: Outcome) -> Result<MergeReport, ApiError> {
    let Outcome { operations, preconditions: _, arrivals: _, mut clashes } = outcome;
    let conflict_count = clashes.len() as u64;
    clashes.truncate(MAX_CONFLICTS);
    let sides = clashes.iter().flat_map(|clash| [&clash.base, &clash.source, &clash.target]);
    let writers = Writers::of(app, sides.flatten().map(|entry| entry.version).collect()).await?;
    let conflicts = clashes.into_iter().map(|clash| conflict(clash, &writers)).collect();
    Ok(MergeReport { commit: None, changes: operations.len() as u64, conflict_count, conflicts })
}

fn conflict(clash: Clash, writers: &Writers) -> MergeConflict {
    let Clash { key, reason, base, source, target } = clash;
    let kind = kind_of(&key, [target.as_ref(), source.as_ref(), base.as_ref()]);
    let reason = match reason {
        Reason::BothChanged => ConflictReason::BothChanged,
        Reason::NoNamespace => ConflictReason::NoNamespace,
        Reason::NotEmpty => ConflictReason::NotEmpty,
        Reason::Elsewhere => ConflictReason::Elsewhere,
    };
    let [base, theirs, ours] = [base, source, target].map(|side| side.map(|entry| writers.state(&entry)));
    MergeConflict { kind, namespace: names::levels(&key.ns), name: key.name, reason, base, theirs, ours }
}

/// 200, or 409 for conflicts that were not only asked about.
pub(super) fn answer(report: MergeReport, dry_run: bool) -> Response {
    if report.conflicts.is_empty() || dry_run {
        return Json(report).into_response();
    }
    let r#type = ErrorType::ConflictException;
    let text = message(&report);
    let ErrorBody { error } = ErrorBody::new(r#type, &text);
    let mut response = (StatusCode::CONFLICT, Json(MergeRefused { error, report })).into_response();
    response.extensions_mut().insert(Cause { r#type, text });
    response
}

fn message(report: &MergeReport) -> String {
    let full =
        |c: &MergeConflict| c.namespace.iter().chain([&c.name]).map(String::as_str).collect::<Vec<_>>().join(".");
    let first = report.conflicts.first().map(full).unwrap_or_default();
    match report.conflict_count {
        1 => format!("{first} is in conflict, and nothing was changed: choose a mode for it, or change one side"),
        count => format!(
            "{first} and {} more are in conflict, and nothing was changed: choose modes for them, or change one side",
            count - 1
        ),
    }
}
