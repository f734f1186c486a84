//! The pure evaluation of a group of commits: requests and state in, answers and rows out.
//!
//! Every backend reads the state, calls [`plan`] and writes the rows, so that they cannot differ in what a commit means.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Branch, Class, Commit, CommitError, CommitRequest, Content, Entry, Key, NamespacePath};

/// The newest commit of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// When.
    pub committed_at: Timestamp,
}

/// What a backend has read under the branch's lock: all that the group's requests ask about.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The branch's own newest commit; `None` before its first.
    pub head: Option<Head>,
    /// The commit that the branch was forked at; `None` on a branch without ancestors.
    pub fork: Option<Uuid>,
    /// What each key of the group is ([`State::keys_of`]); a key that is not live is absent here.
    pub entries: HashMap<Key, Entry>,
    /// The newest seq of each key *on this branch itself*, tombstones included: `prev_seq` of the next version.
    pub own_seq: HashMap<Key, i64>,
    /// The keys that have a row in `names` on this branch, with its `first_seq`.
    pub first_seq: HashMap<Key, i64>,
    /// For each namespace of an `Empty` precondition, its live children: all of them, or at least one more than the
    /// group deletes.
    pub children: HashMap<NamespacePath, HashSet<(Class, String)>>,
    /// Locations that overlap one that the group asks for ([`State::locations_of`]): the location and who holds it.
    pub held: Vec<(String, Uuid)>,
}

impl State {
    /// The keys that the group asks about, sorted, each once: the operations' and the preconditions' namespaces.
    #[must_use]
    pub fn keys_of(requests: &[CommitRequest]) -> Vec<Key> {
        let _ = requests;
        Vec::new()
    }
}

/// The outcome of a group.
#[derive(Debug)]
pub struct Plan {
    /// One for each request, in order. The only error here is `Conflict`.
    pub results: Vec<Result<Commit, CommitError>>,
    /// What the backend has to write.
    pub rows: Rows,
}

/// The rows of a group's winners.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// To insert.
    pub commits: Vec<CommitRow>,
    /// To insert.
    pub versions: Vec<VersionRow>,
    /// To insert, or to update `kind` and `seq` where the key has a row: the last state of each key that appeared or
    /// disappeared.
    pub names: Vec<NameRow>,
    /// Contents whose locations are to be deleted, before `claims` are inserted.
    pub releases: Vec<Uuid>,
    /// Locations to insert, with who holds them.
    pub claims: Vec<(String, Uuid)>,
    /// To insert.
    pub purges: Vec<PurgeRow>,
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
    /// The seq of the first appearance on this branch.
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

/// Evaluates the requests in order over the state. A loser leaves no trace; a winner's changes are what the next
/// request sees.
#[must_use]
pub fn plan(branch: &Branch, requests: &[CommitRequest], state: State, now: Timestamp) -> Plan {
    let _ = (branch, requests, state, now);
    Plan { results: Vec::new(), rows: Rows::default() }
}
