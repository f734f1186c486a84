//! The closed set of errors of a store. Handlers match on the variant, never on the text.

use std::error::Error;

use uuid::Uuid;

use crate::{Entry, Key, Mark};

/// What a store's method returns.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Where an error of a driver is kept, for the log only.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something else has that name or location.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// The thing to change is not there.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The thing to remove still holds others.
    #[error("{0} is not empty")]
    NotEmpty(String),
    /// The thing is owned by another, or is not what the caller expected.
    #[error("{0}")]
    Conflict(String),
    /// The cursor is none that this list gives out: a fault of the client.
    #[error("the page token does not belong to this list")]
    BadCursor,
    /// The write may or may not have happened, and the store could not find out.
    #[error("the outcome of the write is unknown")]
    OutcomeUnknown(#[source] Source),
    /// Nothing happened; the database is busy or away. Trying again is safe.
    #[error("the database is not available")]
    Unavailable(#[source] Source),
    /// A fault of the store or of the data; trying again does not help.
    #[error("the database refused the statement")]
    Backend(#[source] Source),
}

/// What stood in the way of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing is there.
    Absent,
    /// This is there.
    Entry(Entry),
    /// The namespace still holds something.
    NotEmpty,
    /// Another table holds this location, or one above or below it.
    LocationTaken {
        /// The location that was asked for.
        location: String,
        /// The content that holds it, or one that overlaps.
        holder: Uuid,
    },
    /// A table that was dropped with a purge holds this location until its files are gone, which they are soon. The store
    /// says [`Found::LocationTaken`]; the server finds out that it is only that.
    LocationLeft {
        /// The location that was asked for.
        location: String,
    },
    /// The content was dropped with a purge, and its files are being deleted, or are gone.
    Purged,
    /// The branch has the content under this key already.
    Elsewhere(Key),
    /// The content comes back and has let its locations go: it has to claim them.
    LetGo,
    /// Another branch or a tag shows the content by this metadata file, which the request did not expect.
    ShownAs {
        /// The file.
        metadata_location: String,
    },
}

/// Why one request of a group did not become a commit.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The tree is not what the request expected. Certainly not applied.
    #[error("{key} is not what the commit expected")]
    Conflict {
        /// The first key that was not as expected.
        key: Key,
        /// What is there now.
        found: Found,
    },
    /// A request with this idempotency key was answered before. Certainly not applied again.
    #[error("the request was answered before")]
    Repeated(Box<Mark>),
    /// It may or may not have been applied: the metadata file must stay.
    #[error("the outcome of the commit is unknown")]
    OutcomeUnknown(#[source] Source),
    /// Certainly not applied; the database is busy or away.
    #[error("the database is not available")]
    Unavailable(#[source] Source),
    /// Certainly not applied; a fault of the store or of the data.
    #[error("the database refused the commit")]
    Backend(#[source] Source),
}

impl CommitError {
    /// True if nothing was applied for sure, so that what was prepared for the commit may be removed.
    #[must_use]
    pub fn is_certain_loss(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Repeated(_) | Self::Unavailable(_) | Self::Backend(_) => true,
            Self::OutcomeUnknown(_) => false,
        }
    }
}
