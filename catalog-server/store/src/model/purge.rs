//! Contents that were dropped with a purge.

use uuid::Uuid;

/// A content whose files are to be deleted, in the hands of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// The row's id.
    pub id: i64,
    /// The warehouse's row.
    pub warehouse_id: i64,
    /// What was dropped.
    pub content_id: Uuid,
    /// Its metadata file when it was last dropped.
    pub metadata_location: String,
    /// It was found before that nothing shows the content: files may be gone already.
    pub begun: bool,
    /// Known to the one who works on it, and to nobody else.
    pub lease: Uuid,
}

/// Which metadata files a content begins and ends with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The oldest version's: what a content that was registered is registered from.
    pub first: String,
    /// The newest version's on each branch that has one, each once.
    pub last: Vec<String>,
}
