//! What a group writes.

use uuid::Uuid;

use crate::{Commit, Content, Key, Mark};

/// The rows of a group's winners.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// To insert. Empty if nobody won: then there is nothing else either.
    pub commits: Vec<CommitRow>,
    /// To insert.
    pub versions: Vec<VersionRow>,
    /// To insert, or to update `kind` and `seq` where the key has a row: the last state of each key that appeared,
    /// disappeared or became another kind. Sorted by key, each once.
    pub names: Vec<NameRow>,
    /// Contents whose locations are to be deleted, before `claims` (which has all that they hold from now on) are
    /// inserted. Sorted, each once.
    pub releases: Vec<Uuid>,
    /// Locations to insert, with who holds them. Each location once.
    pub claims: Vec<(String, Uuid)>,
    /// To insert. Sorted by content, each once.
    pub purges: Vec<PurgeRow>,
    /// Contents whose rows of `purges` are to be deleted: they came back. Sorted, each once.
    pub spared: Vec<Uuid>,
    /// To insert, or to write over what has expired. Sorted by principal and key, each once.
    pub marks: Vec<Mark>,
}

/// A row of `commits`.
pub type CommitRow = Commit;

/// A row of `versions`.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRow {
    /// The commit's.
    pub seq: i64,
    /// The key.
    pub key: Key,
    /// The key's version before, on the same branch.
    pub prev_seq: Option<i64>,
    /// `None` is a tombstone.
    pub content: Option<Content>,
}

/// A row of `names`.
#[derive(Clone, Debug, PartialEq)]
pub struct NameRow {
    /// The key.
    pub key: Key,
    /// The column `kind`; 0 is a tombstone.
    pub kind: i16,
    /// The seq of the last appearance or disappearance.
    pub seq: i64,
    /// The seq of the first such row on this branch; never changes.
    pub first_seq: i64,
}

/// A row of `purges`: the files of this content die once no visible version names them.
#[derive(Clone, Debug, PartialEq)]
pub struct PurgeRow {
    /// The content that was dropped.
    pub content_id: Uuid,
    /// The last metadata file.
    pub metadata_location: String,
}
