//! The models of the store: who writes a field and who reads it stands at each of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Key, NamespacePath};

/// A storage root and its settings. Written by a PUT of the management API, read on each request.
#[derive(Clone, Debug, PartialEq)]
pub struct Warehouse {
    /// The row's id.
    pub id: i64,
    /// The id that clients see.
    pub uid: Uuid,
    /// Unique among the warehouses that are not deleted.
    pub name: String,
    /// The root, normalised, with a trailing `/`.
    pub location: String,
    /// Settings that only the server reads; opaque to the store.
    pub profile: serde_json::Value,
    /// The sealed storage credential; opaque to the store.
    pub credential: Option<Vec<u8>>,
    /// The hash over spec and Secret of the PUT that wrote the row.
    pub revision: String,
    /// Goes up by one with each change: with `id` the key of caches.
    pub version: i64,
    /// The uid of the resource that owns the row; `None` after its deletion with `Retain`.
    pub owner_uid: Option<String>,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// What a PUT of a warehouse asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct PutWarehouse {
    /// Used if the row is new.
    pub uid: Uuid,
    /// The key, with the owner.
    pub name: String,
    /// As in [`Warehouse::location`]; immutable once the row exists.
    pub location: String,
    /// As in [`Warehouse::profile`].
    pub profile: serde_json::Value,
    /// As in [`Warehouse::credential`].
    pub credential: Option<Vec<u8>>,
    /// Equal to the stored one: nothing is written.
    pub revision: String,
    /// The uid of the resource.
    pub owner_uid: String,
    /// Take the row from a live other owner.
    pub take_over: bool,
}

/// What a PUT did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The row is new.
    Created,
    /// The row had no owner, or was taken over.
    Adopted,
    /// The row was changed.
    Updated,
    /// The row was as asked.
    Unchanged,
}

/// A branch: a row. What it holds is in `versions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The row's id.
    pub id: i64,
    /// The warehouse's row.
    pub warehouse_id: i64,
    /// `main` for the first.
    pub name: String,
    /// No direct writes.
    pub protected: bool,
    /// The ancestors' ids, nearest first, without itself. Immutable.
    pub lineage: Vec<i64>,
    /// The seq of each ancestor that is visible. Immutable.
    pub upto: Vec<i64>,
}

/// What a reader looks at: a branch, at its head or at a past seq.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The branch's id, then its ancestors'.
    pub lineage: Vec<i64>,
    /// The seq that is visible of each; `i64::MAX` for the head.
    pub upto: Vec<i64>,
}

impl View {
    /// The newest state of a branch.
    #[must_use]
    pub fn head(branch: &Branch) -> Self {
        Self::at(branch, i64::MAX)
    }

    /// The state of a branch after the commit with this seq.
    #[must_use]
    pub fn at(branch: &Branch, seq: i64) -> Self {
        let lineage = std::iter::once(branch.id).chain(branch.lineage.iter().copied()).collect();
        let upto = std::iter::once(seq).chain(branch.upto.iter().copied()).collect();
        Self { lineage, upto }
    }
}

/// What kind of thing a version holds; the column `kind`, where 0 is a tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Kind {
    /// A namespace.
    Namespace = 1,
    /// A table.
    Table = 2,
    /// A view.
    View = 3,
}

impl Kind {
    /// The column `kind`.
    #[must_use]
    pub fn as_i16(self) -> i16 {
        self as i16
    }

    /// Reads the column `kind`; `None` for a tombstone and for numbers that are not in use.
    #[must_use]
    pub fn from_i16(kind: i16) -> Option<Self> {
        match kind {
            1 => Some(Self::Namespace),
            2 => Some(Self::Table),
            3 => Some(Self::View),
            _ => None,
        }
    }
}

/// What a key is in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A namespace and its properties.
    Namespace {
        /// Stays through changes of properties.
        id: Uuid,
        /// Sorted, as answers show them.
        properties: BTreeMap<String, String>,
    },
    /// A table.
    Table {
        /// Stays through commits and renames. Not the metadata's `table-uuid`, which a client may choose.
        id: Uuid,
        /// The current metadata file.
        metadata_location: String,
    },
    /// A view.
    View {
        /// Stays through replacements and renames.
        id: Uuid,
        /// The current metadata file.
        metadata_location: String,
    },
}

impl Content {
    /// The kind of this content.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Namespace { .. } => Kind::Namespace,
            Self::Table { .. } => Kind::Table,
            Self::View { .. } => Kind::View,
        }
    }

    /// The id that stays through changes and renames.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Namespace { id, .. } | Self::Table { id, .. } | Self::View { id, .. } => *id,
        }
    }

    /// The metadata file of a table or view.
    #[must_use]
    pub fn metadata_location(&self) -> Option<&str> {
        match self {
            Self::Namespace { .. } => None,
            Self::Table { metadata_location, .. } | Self::View { metadata_location, .. } => Some(metadata_location),
        }
    }
}

/// Where a version was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The branch that wrote it: the one looked at, or an ancestor.
    pub branch_id: i64,
    /// The commit's place on that branch.
    pub seq: i64,
}

/// A live key: what it is, and which version said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub content: Content,
    /// Where that stands.
    pub version: Version,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The last part of the name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What an operation expects to find under its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Absent,
    /// A table or view with exactly this metadata file.
    Location(String),
    /// Exactly this version: for namespaces.
    Version(Version),
}

/// One change of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Write what the key is from now on.
    Put {
        /// The key.
        key: Key,
        /// What must be there.
        expect: Expect,
        /// What is there afterwards.
        content: Content,
        /// Locations that the content holds from now on, each normalised with a trailing `/`, beside all that it
        /// holds already: snapshots that are still live may have their files there. They are let go together, when
        /// the content leaves the tree. A location that overlaps another content's is a conflict.
        locations: Option<Vec<String>>,
    },
    /// Write a tombstone. Unless the same commit puts the content under another key, its locations are let go.
    Delete {
        /// The key.
        key: Key,
        /// What must be there.
        expect: Expect,
        /// Remember that the files are to be deleted once no version that can be seen names them.
        purge: bool,
    },
}

impl Operation {
    /// The key that changes.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }
}

/// What else must hold, at the end of the commit, for it to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The namespace is there (the root always is).
    Exists(NamespacePath),
    /// The namespace holds no namespace, table or view.
    Empty(NamespacePath),
}

/// One atomic change of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitRequest {
    /// A uuid v7 made by the caller before anything is written: the handle by which an unknown outcome is resolved.
    pub id: Uuid,
    /// The principal.
    pub author: String,
    /// What was done, in a few words.
    pub message: String,
    /// The changes; no key twice.
    pub operations: Vec<Operation>,
    /// What else must hold.
    pub preconditions: Vec<Precondition>,
}

/// A commit that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The request's id.
    pub id: Uuid,
    /// Its place on its branch, from 1.
    pub seq: i64,
    /// The branch that it was made on.
    pub branch_id: i64,
    /// The commit before it; `None` for the first of all.
    pub parent_id: Option<Uuid>,
    /// The principal.
    pub author: String,
    /// What was done.
    pub message: String,
    /// Never before its parent's.
    pub committed_at: Timestamp,
}

/// A bearer token's row. The token itself is never stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The 16 characters by which it is looked up.
    pub token_id: String,
    /// The principal, such as `token:team/etl`.
    pub user_id: String,
    /// SHA-256 of the whole token.
    pub hash: [u8; 32],
    /// The grants; opaque to the store.
    pub grants: serde_json::Value,
    /// From this moment on the token is refused.
    pub expires_at: Timestamp,
    /// Set once the reader's Secret holds it.
    pub confirmed_at: Option<Timestamp>,
    /// From this moment on the token is refused, whatever `expires_at` says.
    pub revoked_at: Option<Timestamp>,
    /// The uid of the resource.
    pub owner_uid: String,
    /// Counts the tokens of one resource.
    pub revision: i64,
}

/// A token to be stored under (owner, revision).
#[derive(Clone, Debug, PartialEq)]
pub struct NewToken {
    /// As in [`Token::token_id`].
    pub token_id: String,
    /// As in [`Token::user_id`].
    pub user_id: String,
    /// As in [`Token::hash`]; write-once.
    pub hash: [u8; 32],
    /// As in [`Token::grants`].
    pub grants: serde_json::Value,
    /// As in [`Token::expires_at`].
    pub expires_at: Timestamp,
    /// As in [`Token::owner_uid`].
    pub owner_uid: String,
    /// As in [`Token::revision`].
    pub revision: i64,
}

/// Which active tokens to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// Only this principal's.
    pub user_id: Option<String>,
}

/// All that a request needs to know before it may look at the tree, read in one statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// The token with the asked id, expired or revoked ones included.
    pub token: Option<Token>,
    /// The warehouse of the asked name.
    pub warehouse: Option<Warehouse>,
    /// The branch of the asked name in that warehouse.
    pub branch: Option<Branch>,
    /// The database's clock: expiry is judged by it.
    pub database_now: Timestamp,
}

/// What a row of the change feed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum Topic {
    /// Key: the warehouse's name.
    Warehouse = 1,
    /// Key: the warehouse's uid, a `/`, the branch's name.
    Branch = 2,
    /// Key: the token's id.
    Token = 3,
}

impl Topic {
    /// The column `topic`.
    #[must_use]
    pub fn as_i16(self) -> i16 {
        self as i16
    }

    /// Reads the column `topic`; `None` for numbers that are not in use.
    #[must_use]
    pub fn from_i16(topic: i16) -> Option<Self> {
        match topic {
            1 => Some(Self::Warehouse),
            2 => Some(Self::Branch),
            3 => Some(Self::Token),
            _ => None,
        }
    }
}

/// A row of the change feed: what caches must forget. Ids have no gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From 1, without gaps, in commit order.
    pub id: i64,
    /// What kind of thing changed.
    pub topic: Topic,
    /// Which one.
    pub key: String,
}

/// Whether the database can serve this build of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Ready,
    /// Migrations are missing.
    SchemaTooOld {
        /// The number of the newest migration that is applied.
        found: i64,
        /// The number that this build needs.
        need: i64,
    },
    /// A newer build has migrated it.
    SchemaTooNew {
        /// The number of the newest migration that is applied.
        found: i64,
        /// The newest number that this build knows.
        know: i64,
    },
}
