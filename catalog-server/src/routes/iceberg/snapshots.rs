//! The query parameter `snapshots` of a load: all of them, or only those that branches and tags name. Pure.

use bytes::Bytes;
use iceberg_model::{ParseError, TableMetadata};

use crate::error::ApiError;

/// Which snapshots a client wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Snapshots {
    /// All.
    All,
    /// Those that branches and tags name.
    Refs,
}

impl Snapshots {
    /// # Errors
    /// 400 for anything but `all` and `refs`.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, ApiError> {
        match text {
            None | Some("all") => Ok(Self::All),
            Some("refs") => Ok(Self::Refs),
            Some(other) => {
                let other: String = other.chars().take(50).collect();
                Err(ApiError::bad_request(format!("snapshots must be all or refs, not {other:?}")))
            }
        }
    }

    /// As it stands in an `ETag`: both are representations of one version.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Refs => "refs",
        }
    }
}

/// The metadata without the snapshots that no branch or tag names.
///
/// # Errors
/// If it does not parse.
pub(crate) fn referenced(metadata: &Bytes) -> Result<Bytes, ParseError> {
    Ok(TableMetadata::parse_trusted(metadata)?.with_referenced_snapshots()?.to_bytes().into())
}
