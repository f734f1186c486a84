//! Commits: what is asked for, and what came to be.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Content, Key, Mark, NamespacePath, Version};

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
    /// Write a tombstone. Unless the same commit puts the content under another key, or another branch or a tag shows
    /// it, its locations are let go; with a purge, only when that has ended.
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
    /// The table or view holds locations. What has left the tree has let them go: whoever brings it back either claims
    /// them or asks for this.
    Holds {
        /// Under which key it is put.
        key: Key,
        /// Its id.
        content: Uuid,
    },
    /// Whatever other branch or tag shows the content, shows it by one of these metadata files: somebody has looked at
    /// them. No branch or tag is made between this and the commit.
    ShownAs {
        /// Where the content is.
        key: Key,
        /// The content.
        content: Uuid,
        /// The files.
        files: Vec<String>,
    },
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
    /// Written with the commit. If it is there already, the request is not applied: it was before.
    pub idempotency: Option<Mark>,
    /// Where the changes come from, if they were made elsewhere.
    pub origin: Option<Origin>,
}

/// Where a commit's changes come from. It is recorded, and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A merge: from then on its branch has all that the other one had up to that seq.
    Merge {
        /// The branch that was merged.
        branch_id: i64,
        /// Its newest commit that was.
        seq: i64,
    },
    /// A cherry-pick or a revert of this commit.
    Commit(Uuid),
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
    /// Where its changes come from, if they were made elsewhere.
    pub origin: Option<Origin>,
}
