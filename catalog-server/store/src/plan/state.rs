//! What the evaluation of a group knows, and what a backend has to read for it.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Class, CommitRequest, Content, Entry, Key, Kind, Mark, NamespacePath, Operation, Precondition};

/// A commit that another one follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its place on its branch.
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
    /// The commit that the branch was forked at: the newest visible one of the nearest ancestor that has one. `None`
    /// on a branch without ancestors; not needed once the branch has a `head`.
    pub fork: Option<Head>,
    /// What each key of the group is ([`State::keys_of`]); a key that is not live is absent here.
    pub entries: HashMap<Key, Entry>,
    /// The newest seq of each key *on this branch itself*, tombstones included: `prev_seq` of the next version.
    pub own_seq: HashMap<Key, i64>,
    /// The keys that have a row in `names` on this branch, with its `first_seq`.
    pub first_seq: HashMap<Key, i64>,
    /// For each namespace of [`State::empties_of`] its live children: all of them, or more than the group deletes
    /// ([`State::deletes_of`]). An empty namespace has an empty set.
    pub children: HashMap<NamespacePath, HashSet<(Class, String)>>,
    /// Of the keys of [`State::marks_of`], those under which something was answered before.
    pub marks: HashMap<(String, Uuid), Mark>,
    /// Of the contents of [`State::returning`], those whose purge has begun, or ended.
    pub purged: HashSet<Uuid>,
    /// Of the contents of [`State::returning`], those whose purge has not begun: it is taken back.
    pub to_be_purged: HashSet<Uuid>,
    /// Of the contents of [`State::returning`], those that hold no location.
    pub let_go: HashSet<Uuid>,
    /// Of the contents of [`State::returning`], those that the branch has, each with a key that it is under.
    pub elsewhere: HashMap<Uuid, Key>,
    /// Of the contents of [`State::watched`], those that another branch of the warehouse shows, or a tag, and by which
    /// metadata files. Who is taken out of the branch keeps its locations then.
    pub shown: HashMap<Uuid, HashSet<String>>,
    /// For each location of [`State::locations_of`] the locations that overlap it, and who holds them: all that the
    /// contents of [`State::touched`] hold, and at least one that another content holds, if there is any.
    pub held: Vec<(String, Uuid)>,
}

impl State {
    /// The keys that the group asks about, sorted, each once: the operations' and the preconditions' namespaces.
    #[must_use]
    pub fn keys_of(requests: &[CommitRequest]) -> Vec<Key> {
        let operations = requests.iter().flat_map(|r| &r.operations).map(|o| o.key().clone());
        let namespaces = requests.iter().flat_map(|r| &r.preconditions).filter_map(|p| match p {
            Precondition::Exists(ns) | Precondition::Empty(ns) => ns.key(),
            Precondition::Holds { .. } | Precondition::ShownAs { .. } => None,
        });
        sorted(operations.chain(namespaces))
    }

    /// The namespaces whose children have to be read, sorted, each once; most groups have none.
    #[must_use]
    pub fn empties_of(requests: &[CommitRequest]) -> Vec<NamespacePath> {
        sorted(requests.iter().flat_map(|r| &r.preconditions).filter_map(|p| match p {
            Precondition::Empty(ns) => Some(ns.clone()),
            Precondition::Exists(_) | Precondition::Holds { .. } | Precondition::ShownAs { .. } => None,
        }))
    }

    /// The idempotency keys of the group with their principals, sorted, each once; most groups have none.
    #[must_use]
    pub fn marks_of(requests: &[CommitRequest]) -> Vec<(&str, Uuid)> {
        sorted(requests.iter().flat_map(|r| &r.idempotency).map(|mark| (mark.principal.as_str(), mark.key)))
    }

    /// How many keys the group deletes at most: of the children of a namespace, one more than that is enough.
    #[must_use]
    pub fn deletes_of(requests: &[CommitRequest]) -> usize {
        requests.iter().flat_map(|r| &r.operations).filter(|o| matches!(o, Operation::Delete { .. })).count()
    }

    /// The locations that the group asks for, sorted, each once; most groups have none.
    #[must_use]
    pub fn locations_of(requests: &[CommitRequest]) -> Vec<String> {
        let operations = requests.iter().flat_map(|r| &r.operations);
        sorted(operations.flat_map(|o| match o {
            Operation::Put { locations: Some(locations), .. } => locations.clone(),
            Operation::Put { locations: None, .. } | Operation::Delete { .. } => Vec::new(),
        }))
    }

    /// The tables and views of which the group has to know who else shows them, sorted, each once: those that it may take
    /// out of the branch, and those of a precondition. Most groups have none. To be asked once `entries` is filled.
    #[must_use]
    pub fn watched(&self, requests: &[CommitRequest]) -> Vec<Uuid> {
        let preconditions = requests.iter().flat_map(|r| &r.preconditions);
        let asked = preconditions.filter_map(|precondition| match precondition {
            Precondition::ShownAs { content, .. } => Some(*content),
            Precondition::Exists(_) | Precondition::Empty(_) | Precondition::Holds { .. } => None,
        });
        let operations = requests.iter().flat_map(|r| &r.operations);
        let leaving = operations.filter_map(|operation| {
            let there = self.entries.get(operation.key()).filter(|e| e.content.kind() != Kind::Namespace)?.content.id();
            match operation {
                Operation::Put { content, .. } if content.id() == there => None,
                Operation::Put { .. } | Operation::Delete { .. } => Some(there),
            }
        });
        sorted(leaving.chain(asked))
    }

    /// The contents whose locations the group may change, sorted, each once: those that it puts, and those that are
    /// under its keys. To be asked once `entries` is filled.
    #[must_use]
    pub fn touched(&self, requests: &[CommitRequest]) -> Vec<Uuid> {
        let operations = requests.iter().flat_map(|r| &r.operations);
        sorted(operations.flat_map(|o| {
            let put = match o {
                Operation::Put { content, .. } => Some(content.id()),
                Operation::Delete { .. } => None,
            };
            put.into_iter().chain(self.entries.get(o.key()).map(|entry| entry.content.id()))
        }))
    }

    /// The tables and views that the group brings back from the past or from another branch, sorted, each once; most
    /// groups have none. To be asked once `entries` is filled.
    #[must_use]
    pub fn returning(&self, requests: &[CommitRequest]) -> Vec<Uuid> {
        let there: HashSet<Uuid> = self.entries.values().map(|entry| entry.content.id()).collect();
        let operations = requests.iter().flat_map(|r| r.operations.iter().map(|o| (o, r.origin.is_some())));
        sorted(operations.filter_map(|(operation, came_from)| match operation {
            Operation::Put { content: Content::Namespace { .. }, .. } | Operation::Delete { .. } => None,
            // What is new says where it is, and comes from nowhere.
            Operation::Put { locations: Some(_), .. } if !came_from => None,
            Operation::Put { content, .. } => Some(content.id()).filter(|id| !there.contains(id)),
        }))
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.collect::<BTreeSet<_>>().into_iter().collect()
}
