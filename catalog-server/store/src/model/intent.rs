//! Metadata files that are about to be named.

use uuid::Uuid;

/// A file that is written before the commit that is to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The commit: if it was applied, the file is a version's.
    pub commit_id: Uuid,
    /// The file.
    pub location: String,
}
