//! Why a file could not be read or written.

use std::error::Error;

/// The location is in each text, the reason behind it in the source; credentials in neither.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("there is no file at {location}")]
    NotFound {
        /// The file.
        location: String,
    },
    /// There is a file of that name, with other content.
    #[error("there is a file at {location} already")]
    Exists {
        /// The file.
        location: String,
    },
    /// This server must not go there, whatever the store would say.
    #[error("{location} must not be used: {reason}")]
    NotAllowed {
        /// The file.
        location: String,
        /// What to change.
        reason: String,
    },
    /// The store refused: credentials, permissions, a bucket that is not there.
    #[error("the storage refused {location}")]
    Denied {
        /// The file.
        location: String,
        /// What the store said.
        source: Source,
    },
    /// The store did not answer in time, or failed; trying again is safe.
    #[error("the storage of {location} is not available")]
    Unavailable {
        /// The file.
        location: String,
        /// What happened.
        source: Source,
    },
    /// The server has too much in memory to read more; trying again is safe.
    #[error("the server has no memory for {location} now")]
    NoRoom {
        /// The file.
        location: String,
    },
    /// The warehouse's settings cannot be used: the operator's next PUT heals them.
    #[error("the storage settings of warehouse {warehouse} cannot be used")]
    Unusable {
        /// The warehouse's name.
        warehouse: String,
        /// Why.
        source: Source,
    },
}

type Source = Box<dyn Error + Send + Sync>;

impl FileError {
    pub(crate) fn not_allowed(location: &str, reason: impl Into<String>) -> Self {
        Self::NotAllowed { location: location.to_owned(), reason: reason.into() }
    }

    pub(crate) fn unavailable(location: &str, source: impl Into<Source>) -> Self {
        Self::Unavailable { location: location.to_owned(), source: source.into() }
    }

    pub(super) fn from_io(location: &str, error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let location = location.to_owned();
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound { location },
            ErrorKind::AlreadyExists => Self::Exists { location },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { location, source: error.into() }
            }
            // A path that the disk cannot have is the client's fault, whatever the disk's state.
            ErrorKind::InvalidFilename => Self::not_allowed(&location, "a part of it is too long for this disk"),
            ErrorKind::NotADirectory => Self::not_allowed(&location, "it lies below a file"),
            ErrorKind::IsADirectory => Self::not_allowed(&location, "it is a directory"),
            _ => Self::Unavailable { location, source: error.into() },
        }
    }

    pub(super) fn from_store(location: &str, error: object_store::Error) -> Self {
        use object_store::Error as E;
        let location = location.to_owned();
        match error {
            // A bucket that is not there is no file that is not there.
            E::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => {
                Self::Denied { location, source }
            }
            E::NotFound { .. } => Self::NotFound { location },
            E::AlreadyExists { .. } | E::Precondition { .. } => Self::Exists { location },
            E::PermissionDenied { .. } | E::Unauthenticated { .. } => Self::Denied { location, source: error.into() },
            error if error.to_string().contains("KeyTooLongError") => {
                Self::not_allowed(&location, "it is too long for a key of this storage")
            }
            error => Self::Unavailable { location, source: error.into() },
        }
    }

    /// The label of metrics.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Exists { .. } => "exists",
            Self::NotAllowed { .. } => "not_allowed",
            Self::Denied { .. } => "denied",
            Self::Unavailable { .. } => "unavailable",
            Self::NoRoom { .. } => "no_room",
            Self::Unusable { .. } => "unusable",
        }
    }
}
