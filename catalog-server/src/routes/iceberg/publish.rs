//! The end of every write: the file first, then the pointer. What is lost for sure is cleaned up, what may have
//! happened is not. Where no sweep would find the file, the intent to write it comes before all.

use std::sync::Arc;

use bytes::Bytes;
use catalog_store::{CommitError, CommitRequest, Expect, Key, Operation, Precondition, StoreError, UnderWay};
use futures::StreamExt as _;
use futures::stream;
use uuid::Uuid;

use super::relations::Sort;
use super::{conflict, metadata};
use crate::app::App;
use crate::codec::{self, Codec};
use crate::commit::{commit, commit_in_line};
use crate::error::ApiError;
use crate::locations::Location;
use crate::session::Session;
use crate::table::Table;
use crate::tasks::Expired;

/// Files of one commit that are written at the same time.
const WRITES: usize = 8;

/// The next state of a table or view.
#[derive(Debug)]
pub(crate) struct Publish {
    /// Its name.
    pub(crate) key: Key,
    /// What it is.
    pub(crate) sort: Sort,
    /// Its id.
    pub(crate) id: Uuid,
    /// What must be there: nothing, or the state that this one follows on.
    pub(crate) previous: Option<String>,
    /// The directory of metadata files.
    pub(crate) directory: Location,
    /// How its metadata is written.
    pub(crate) codec: Codec,
    /// The metadata, as JSON.
    pub(crate) metadata: Bytes,
    /// What it holds from now on; `None`: as before.
    pub(crate) claims: Option<Vec<String>>,
    /// Metadata files that nobody needs any more for its sake.
    pub(crate) expired: Vec<String>,
    /// What else must hold.
    pub(crate) guard: Option<Precondition>,
}

impl Publish {
    /// The file. It bears the commit's id: by it the sweep of orphans knows whether the commit came to be.
    pub(crate) fn file(&self, commit_id: Uuid) -> String {
        self.directory.join(&metadata::next_name(self.previous.as_deref(), commit_id, self.codec))
    }

    /// True if the file goes beside the one before it, where the sweep of orphans looks.
    fn stays(&self) -> bool {
        let previous = self.previous.as_deref().map(metadata::address);
        let directory = previous.as_deref().and_then(|file| file.rsplit_once('/'));
        directory.is_some_and(|(directory, _)| directory == self.directory.address())
    }
}

/// A state that is current now.
#[derive(Debug)]
pub(crate) struct Published {
    /// Its file.
    pub(crate) metadata_location: String,
    /// The file's content, as JSON.
    pub(crate) metadata: Bytes,
}

/// Why a state did not become current.
#[derive(Debug)]
pub(crate) enum NotPublished {
    /// The tree refused.
    Commit(CommitError),
    /// The file could not be written; the tree was not touched.
    File(ApiError),
}

impl NotPublished {
    /// The answer to a request that was meant to change what is there.
    pub(crate) fn changing(self) -> ApiError {
        match self {
            Self::Commit(error) => conflict::changing(error),
            Self::File(error) => error,
        }
    }
}

/// Writes the metadata file, then commits the pointer to it. Not torn by a client that goes away: what changes something
/// runs as a task of its own ([`crate::detached`]).
///
/// # Errors
/// [`NotPublished`]. The file is deleted unless the commit may have been applied.
pub(crate) async fn publish(
    app: &App,
    session: &Session,
    message: String,
    next: Publish,
) -> Result<Published, NotPublished> {
    let commit_id = app.ids.ordered();
    intend(app, session, commit_id, std::slice::from_ref(&next)).await.map_err(NotPublished::File)?;
    let written = write(app, session, commit_id, next).await.map_err(NotPublished::File)?;
    let written = [written];
    swing(app, session, commit_id, message, &written, Vec::new(), None).await?;
    let [Written { published, .. }] = written;
    Ok(published)
}

/// As [`publish`], for a state of a table that the next one builds on already. It claims no locations.
///
/// # Errors
/// [`NotPublished`].
pub(crate) async fn publish_in_line(
    app: &App,
    session: &Session,
    commit_id: Uuid,
    message: String,
    next: Publish,
    mut line: UnderWay<Table>,
) -> Result<Published, NotPublished> {
    intend(app, session, commit_id, std::slice::from_ref(&next)).await.map_err(NotPublished::File)?;
    let written = [write(app, session, commit_id, next).await.map_err(NotPublished::File)?];
    swing(app, session, commit_id, message, &written, Vec::new(), Some(&mut line)).await?;
    line.was_applied();
    let [Written { published, .. }] = written;
    Ok(published)
}

/// As [`publish`], for several at once, all or none; with operations that need no file.
///
/// # Errors
/// [`NotPublished`].
pub(crate) async fn publish_all(
    app: &App,
    session: &Session,
    message: String,
    all: Vec<Publish>,
    others: Vec<Operation>,
) -> Result<(), NotPublished> {
    let commit_id = app.ids.ordered();
    intend(app, session, commit_id, &all).await.map_err(NotPublished::File)?;
    let writes = all.into_iter().map(|next| write(app, session, commit_id, next));
    let results: Vec<_> = stream::iter(writes).buffered(WRITES).collect().await;
    let mut written = Vec::with_capacity(results.len());
    let mut failure = None;
    for result in results {
        match result {
            Ok(one) => written.push(one),
            Err(error) => failure = Some(error),
        }
    }
    if let Some(error) = failure {
        clean_up(app, session, &written).await;
        return Err(NotPublished::File(error));
    }
    swing(app, session, commit_id, message, &written, others, None).await
}

/// A file that is there, and what makes it current.
struct Written {
    published: Published,
    address: String,
    operation: Operation,
    preconditions: Vec<Precondition>,
    id: Uuid,
    expired: Vec<String>,
}

impl Written {
    fn expired(&self, session: &Session) -> impl Iterator<Item = Expired> {
        self.expired.iter().map(|location| Expired {
            warehouse: Arc::clone(&session.warehouse),
            content: self.id,
            location: location.clone(),
        })
    }
}

/// Says which files are going to be where no table leads the sweep of orphans to. A commit that stays where it is, and
/// so nearly every one, has none.
async fn intend(app: &App, session: &Session, commit_id: Uuid, all: &[Publish]) -> Result<(), ApiError> {
    let files: Vec<_> = all.iter().filter(|one| !one.stays()).map(|one| one.file(commit_id)).collect();
    if files.is_empty() {
        return Ok(());
    }
    let addresses: Vec<_> = files.iter().map(|file| metadata::address(file)).collect();
    match app.store.intend(session.warehouse.row.id, commit_id, &addresses).await {
        // Whether the row is there or not: nothing was written, and nothing will be.
        Err(StoreError::OutcomeUnknown(source)) => {
            Err(ApiError::unavailable("cannot prepare the commit").because(source))
        }
        other => Ok(other?),
    }
}

async fn write(app: &App, session: &Session, commit_id: Uuid, next: Publish) -> Result<Written, ApiError> {
    let metadata_location = next.file(commit_id);
    let Publish { key, sort, id, previous, directory: _, codec, metadata, claims, expired, guard } = next;
    let address = metadata::address(&metadata_location);
    let file = codec::pack(&address, codec, metadata.clone()).await?;
    app.files.write_new(&session.warehouse, &address, file).await?;

    let content = sort.content(id, metadata_location.clone());
    // What is there has a namespace that is there.
    let parent = previous.is_none().then(|| Precondition::Exists(key.ns.clone()));
    let preconditions = parent.into_iter().chain(guard).collect();
    let expect = previous.map_or(Expect::Absent, Expect::Location);
    let operation = Operation::Put { key, expect, content, locations: claims };
    Ok(Written { published: Published { metadata_location, metadata }, address, operation, preconditions, id, expired })
}

/// The commit, in its place of the line if it has one.
async fn swing(
    app: &App,
    session: &Session,
    id: Uuid,
    message: String,
    written: &[Written],
    others: Vec<Operation>,
    line: Option<&mut UnderWay<Table>>,
) -> Result<(), NotPublished> {
    let operations = written.iter().map(|one| one.operation.clone()).chain(others).collect();
    let preconditions = written.iter().flat_map(|one| one.preconditions.clone()).collect();
    let author = session.principal.name.clone();
    let request = CommitRequest { id, author, message, operations, preconditions, idempotency: None, origin: None };
    let result = match line {
        None => commit(app, session, request).await,
        Some(line) => commit_in_line(app, session, request, line).await,
    };
    match result {
        Ok(_) => {
            for Written { published: Published { metadata_location, metadata }, .. } in written {
                app.metadata.fill(session.warehouse.row.id, metadata_location, metadata.clone()).await;
            }
            app.expired.add(written.iter().flat_map(|one| one.expired(session)));
            Ok(())
        }
        Err(error) => {
            if error.is_certain_loss() {
                clean_up(app, session, written).await;
            }
            Err(NotPublished::Commit(error))
        }
    }
}

/// What stays behind is found by the sweep of orphans.
async fn clean_up(app: &App, session: &Session, written: &[Written]) {
    for Written { address, .. } in written {
        if let Err(error) = app.files.delete(&session.warehouse, address).await {
            tracing::warn!(
                location = address,
                error = &error as &dyn std::error::Error,
                "a lost commit's file stays behind"
            );
        }
    }
}
