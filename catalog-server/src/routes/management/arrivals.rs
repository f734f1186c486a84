//! Tables and views that come to a branch by another way than a write: a merge, a revert, an undrop. One that had left
//! the tree has let its locations go, and claims them again in the commit that brings it back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use catalog_api::ErrorType;
use catalog_store::{CommitError, Content, Found, Key, Operation, Precondition};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use iceberg_model::{ParseError, TableMetadata, ViewMetadata};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::metadata;
use crate::routes::iceberg::places::Ground;
use crate::session::Session;
use crate::storage::FileError;

/// Metadata files that are read at the same time.
const READS: usize = 16;

/// Lets the operations under these keys claim what their contents have let go. No file is read of what is on any branch,
/// for that holds its locations; should it let them go before the commit, the commit says [`Found::LetGo`].
///
/// # Errors
/// 409 for files that are gone, and the store's and the storage's.
pub(super) async fn claim(
    app: &App,
    session: &Session,
    arrivals: &[Key],
    operations: &mut [Operation],
) -> Result<Vec<Precondition>, ApiError> {
    let arrivals: HashSet<&Key> = arrivals.iter().collect();
    let arriving = |operation: &&Operation| arrivals.contains(operation.key());
    let contents: Vec<(Key, Content)> = operations.iter().filter(arriving).filter_map(put).collect();
    let ids: Vec<Uuid> = contents.iter().map(|(_, content)| content.id()).collect();
    let let_go = app.store.let_go(&ids).await?;
    let ground = &Ground::new(&session.warehouse)?;
    let homeless: Vec<(Key, Content)> =
        contents.iter().filter(|(_, content)| let_go.contains(&content.id())).cloned().collect();
    let reads = homeless.into_iter().map(|(key, content)| async move {
        let claims = claims(app, session, ground, &key, &content).await?;
        Ok::<_, ApiError>((key, claims))
    });
    let mut claims: HashMap<Key, Vec<String>> = stream::iter(reads).buffer_unordered(READS).try_collect().await?;
    for operation in operations {
        if let Operation::Put { key, locations, .. } = operation {
            *locations = claims.remove(key);
        }
    }
    Ok(contents.into_iter().map(|(key, content)| Precondition::Holds { key, content: content.id() }).collect())
}

fn put(operation: &Operation) -> Option<(Key, Content)> {
    match operation {
        Operation::Put { key, content, .. } => Some((key.clone(), content.clone())),
        Operation::Delete { .. } => None,
    }
}

/// What the metadata file says that a table or view holds.
async fn claims(
    app: &App,
    session: &Session,
    ground: &Ground,
    key: &Key,
    content: &Content,
) -> Result<Vec<String>, ApiError> {
    let Some(location) = content.metadata_location() else { return Ok(Vec::new()) };
    let bytes: Bytes = match metadata::fetch(app, session, &metadata::address(location)).await {
        Ok(bytes) => bytes,
        Err(FileError::NotFound { .. }) => {
            return Err(conflict(format!("{key} cannot come back: its metadata file {location} is gone")));
        }
        Err(error) => return Err(metadata::unreadable(location, Arc::new(error))),
    };
    let damaged = |error: ParseError| metadata::damaged(location, &error);
    let places = match content {
        Content::View { .. } => ground.places(&ViewMetadata::parse(&bytes).map_err(damaged)?),
        Content::Table { .. } | Content::Namespace { .. } => {
            ground.places(&TableMetadata::parse_trusted(&bytes).map_err(damaged)?)
        }
    };
    Ok(places?.claims)
}

/// True if the branch moved, so that what is to be done has to be found out anew.
pub(super) fn moved(error: &CommitError) -> bool {
    let CommitError::Conflict { key: _, found } = error else { return false };
    match found {
        Found::Absent
        | Found::Entry(_)
        | Found::NotEmpty
        | Found::Elsewhere(_)
        | Found::LetGo
        | Found::ShownAs { .. } => true,
        Found::LocationTaken { .. } | Found::LocationLeft { .. } | Found::Purged => false,
    }
}

/// The answer for a commit that did not bring something back.
pub(super) fn refused(error: CommitError) -> ApiError {
    match error {
        CommitError::Conflict { key, found: Found::Elsewhere(other) } => {
            let text = format!("{key} cannot come back: it is there already, as {other}");
            ApiError::new(ErrorType::AlreadyExistsException, text)
        }
        CommitError::Conflict { key, found: Found::Purged } => {
            conflict(format!("{key} cannot come back: it was dropped with a purge, and its files are gone or going"))
        }
        CommitError::Conflict { key, found: Found::LocationTaken { location, holder } } => {
            let text = format!("{key} cannot come back: another table or view holds its location {location}");
            conflict(text).because(format!("content {holder} holds it"))
        }
        CommitError::Conflict { key, found: Found::LocationLeft { location } } => ApiError::unavailable(format!(
            "{key} cannot come back yet: files of a dropped table are still being deleted at its location {location}"
        )),
        error => error.into(),
    }
}

fn conflict(text: String) -> ApiError {
    ApiError::new(ErrorType::ConflictException, text)
}
