//! The end of every write: the file first, then the pointer. What is lost for sure is cleaned up, what may have
//! happened is not.

use bytes::Bytes;
use catalog_store::{CommitError, CommitRequest, Content, Expect, Key, Operation, Precondition};
use uuid::Uuid;

use super::metadata;
use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::locations::Location;
use crate::session::Session;

/// A table's next state.
pub(crate) struct Publish {
    /// The table's name.
    pub(crate) key: Key,
    /// Its id.
    pub(crate) id: Uuid,
    /// What must be there: nothing, or the state that this one follows on.
    pub(crate) previous: Option<String>,
    /// The directory of metadata files.
    pub(crate) directory: Location,
    /// The metadata to write.
    pub(crate) metadata: Bytes,
    /// What the table holds from now on; `None`: as before.
    pub(crate) claims: Option<Vec<String>>,
    /// For the log of the branch.
    pub(crate) message: String,
}

/// A state that is current now.
#[derive(Debug)]
pub(crate) struct Published {
    /// Its file.
    pub(crate) metadata_location: String,
    /// The file's content.
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

/// Writes the metadata file, then commits the pointer to it. Not torn by a client that goes away: what changes something
/// runs as a task of its own ([`crate::detached`]).
///
/// # Errors
/// [`NotPublished`]. The file is deleted unless the commit may have been applied.
pub(crate) async fn publish(app: &App, session: &Session, next: Publish) -> Result<Published, NotPublished> {
    let Publish { key, id, previous, directory, metadata, claims, message } = next;
    // The file bears the commit's id: by it the sweep of orphans knows whether the commit came to be.
    let commit_id = app.ids.ordered();
    let name = metadata::next_name(previous.as_deref(), commit_id);
    let metadata_location = directory.join(&name);
    let address = metadata::address(&metadata_location);
    let written = app.files.write_new(&session.warehouse, &address, metadata.clone()).await;
    written.map_err(|error| NotPublished::File(error.into()))?;

    let content = Content::Table { id, metadata_location: metadata_location.clone() };
    let preconditions = match &previous {
        // A table that is there has a namespace that is there.
        Some(_) => Vec::new(),
        None => vec![Precondition::Exists(key.ns.clone())],
    };
    let expect = previous.map_or(Expect::Absent, Expect::Location);
    let request = CommitRequest {
        id: commit_id,
        author: session.principal.name.clone(),
        message,
        operations: vec![Operation::Put { key, expect, content, locations: claims }],
        preconditions,
    };
    match commit(app, session, request).await {
        Ok(_) => {
            app.metadata.fill(session.warehouse.row.id, &metadata_location, metadata.clone()).await;
            Ok(Published { metadata_location, metadata })
        }
        Err(error) => {
            if error.is_certain_loss() {
                clean_up(app, session, &address).await;
            }
            Err(NotPublished::Commit(error))
        }
    }
}

/// What stays behind is found by the sweep of orphans.
async fn clean_up(app: &App, session: &Session, address: &str) {
    if let Err(error) = app.files.delete(&session.warehouse, address).await {
        tracing::warn!(
            location = address,
            error = &error as &dyn std::error::Error,
            "a lost commit's file stays behind"
        );
    }
}
