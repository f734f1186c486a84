//! `POST /api/v1/warehouses/{warehouse}/undrop`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::{ContentKind, UndropAs, UndropRequest, Undropped};
use catalog_api::{ErrorType, Privilege};
use catalog_store::{
    About, Branch, Commit, CommitError, CommitRequest, Entry, Expect, Found, Key, LogFilter, NamespacePath, Operation,
    Origin, PaginationParams, Precondition, Version,
};

use crate::app::App;
use crate::commit::commit_on;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::{conflict, names};
use crate::routes::management::changes::{Writers, key, shown};
use crate::routes::management::{arrivals, commits};
use crate::session::Session;

/// Puts back what was dropped: a table with its id, its files and its locations. A purge that has not begun is taken
/// back.
///
/// # Errors
/// 400 for what makes no sense; 403 without `Manage`; 404 for what was not dropped, and for a namespace that is not
/// there; 409 if the name is taken, if the table is there under another name, or if its files or its location are gone.
pub async fn undrop(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<UndropRequest>,
) -> Result<Json<Undropped>, ApiError> {
    session.allow(Privilege::Manage, &NamespacePath::root())?;
    let UndropRequest { reference, kind, namespace, name, commit, r#as } = request;
    let from = key(kind, &namespace, &name)?;
    let to = r#as.map_or(Ok(from.clone()), |UndropAs { namespace, name }| key(kind, &namespace, &name))?;
    let session = session.at(&app, reference.as_deref()).await?;
    let branch = super::branch(&session)?;
    if let Some(repeatable) = session.repeatable.as_ref().filter(|repeatable| repeatable.was_answered()) {
        return again(&app, &session, to, repeatable.detail()).await.map(Json);
    }
    let drop = match commit {
        Some(id) => commits::around(&app, &session, id).await?,
        None => last_drop(&app, &session, &from).await?,
    };
    let (entry, drop) = what_it_dropped(&app, &from, kind, drop).await?;
    let commit = put(&app, &session, branch, &to, &entry, &drop).await?;
    let entry = Entry { version: Version { branch_id: commit.branch_id, seq: commit.seq }, ..entry };
    answer(&app, to, entry, commit).await.map(Json)
}

/// The commit that had the last word on the key, if it dropped it.
async fn last_drop(app: &App, session: &Session, key: &Key) -> Result<commits::Around, ApiError> {
    if app.store.look(session.view(), key).await?.is_some() {
        let text = format!("{key} is there: name the commit that dropped another one, and the name that it shall have");
        return Err(exists(text));
    }
    let filter = LogFilter { about: About::Key(key.clone()), ..LogFilter::default() };
    let log = app.store.log(session.view(), &filter, &PaginationParams::first(1)).await?;
    let last = log.items.first().ok_or_else(|| never_dropped(key))?;
    commits::around(app, session, last.id).await
}

/// What the key was before the commit, which must have dropped it.
async fn what_it_dropped(
    app: &App,
    key: &Key,
    kind: ContentKind,
    (commit, before, after): commits::Around,
) -> Result<(Entry, Commit), ApiError> {
    let was = app.store.look(&before, key).await?.filter(|entry| shown(entry.content.kind()) == kind);
    let is = app.store.look(&after, key).await?;
    match (was, is) {
        (Some(entry), None) => Ok((entry, commit)),
        _ => Err(never_dropped(key)),
    }
}

async fn put(
    app: &App,
    session: &Session,
    branch: &Branch,
    to: &Key,
    entry: &Entry,
    drop: &Commit,
) -> Result<Commit, ApiError> {
    let content = entry.content.clone();
    let mut operations = [Operation::Put { key: to.clone(), expect: Expect::Absent, content, locations: None }];
    let mut preconditions = vec![Precondition::Exists(to.ns.clone())];
    if to.namespace().is_none() {
        preconditions.extend(arrivals::claim(app, session, std::slice::from_ref(to), &mut operations).await?);
    }
    let id = app.ids.ordered();
    let request = CommitRequest {
        id,
        author: session.principal.name.clone(),
        message: format!("undrop {to}"),
        operations: operations.into(),
        preconditions,
        idempotency: session.repeatable.as_ref().map(|repeatable| repeatable.mark_with(&id.to_string())),
        origin: Some(Origin::Commit(drop.id)),
    };
    commit_on(app, session, branch, request).await.map_err(|error| match error {
        CommitError::Conflict { found: Found::Entry(_) | Found::Absent, .. } => {
            conflict::creating(entry.content.kind(), error)
        }
        error => arrivals::refused(error),
    })
}

/// The answer for a request that came before and was applied.
async fn again(app: &App, session: &Session, to: Key, detail: Option<&str>) -> Result<Undropped, ApiError> {
    let id = detail.and_then(|text| text.parse().ok());
    let id = id.ok_or_else(|| ApiError::internal("the mark of an undrop has no commit"))?;
    let (commit, _before, after) = commits::around(app, session, id).await?;
    let entry = app.store.look(&after, &to).await?;
    answer(app, to, entry.ok_or_else(|| ApiError::internal("an undrop brought nothing back"))?, commit).await
}

async fn answer(app: &App, key: Key, entry: Entry, commit: Commit) -> Result<Undropped, ApiError> {
    let writers = Writers::of(app, vec![entry.version]).await?;
    Ok(Undropped {
        kind: shown(entry.content.kind()),
        namespace: names::levels(&key.ns),
        name: key.name,
        content: writers.state(&entry),
        commit: commits::info(app, commit).await?,
    })
}

fn never_dropped(key: &Key) -> ApiError {
    ApiError::not_found(format!("{key} was not dropped there"))
}

fn exists(text: String) -> ApiError {
    ApiError::new(ErrorType::AlreadyExistsException, text)
}
