//! The decision for each key, from what it is in base, source and target.

use std::collections::{BTreeMap, HashMap};

use crate::{Class, Content, Entry, Expect, Key, NamespacePath, Operation, Precondition};

/// Who is right about a key that both sides changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nobody: it is a conflict.
    #[default]
    Normal,
    /// The target: the key stays as it is, whatever the source did.
    Ours,
    /// The source: the key becomes what it is there.
    Theirs,
}

/// A mode for each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// For keys that are not named.
    pub default: Mode,
    /// For these.
    pub keys: HashMap<Key, Mode>,
}

impl Modes {
    fn of(&self, key: &Key) -> Mode {
        self.keys.get(key).copied().unwrap_or(self.default)
    }
}

/// A key that the source may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The key.
    pub key: Key,
    /// What it was when source and target were last the same. More than one only after merges in both directions that
    /// did not know of each other; none if the two have no commit in common.
    pub bases: Vec<Option<Entry>>,
    /// What it is in the source.
    pub source: Option<Entry>,
    /// What it is in the target.
    pub target: Option<Entry>,
}

/// Why a key cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Both sides changed it, and not to the same.
    BothChanged,
    /// The namespace that it would come into is not in the target.
    NoNamespace,
    /// The namespace would go, but holds something in the target.
    NotEmpty,
    /// The same table is in the target already, under another name: both sides have renamed it.
    Elsewhere,
}

/// A key that cannot be merged, and what it is on each side; their versions tell the commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The key.
    pub key: Key,
    /// Why.
    pub reason: Reason,
    /// What it was, if there is one answer to that.
    pub base: Option<Entry>,
    /// What it is in the source.
    pub source: Option<Entry>,
    /// What it is in the target.
    pub target: Option<Entry>,
}

/// What a merge comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What the commit has to do, by key; nothing if the target has it all.
    pub operations: Vec<Operation>,
    /// What must hold as well.
    pub preconditions: Vec<Precondition>,
    /// The keys of the operations that put a table or view where the target has another one, or none: it may be new to
    /// the target's branch, and may have let its locations go.
    pub arrivals: Vec<Key>,
    /// By key. If there is any, nothing may be committed.
    pub clashes: Vec<Clash>,
}

/// Decides each key. Of tables that come into the target the operations claim no locations: a content holds what it
/// holds, on whatever branch.
#[must_use]
pub fn three_way(candidates: Vec<Candidate>, modes: &Modes) -> Outcome {
    let mut outcome = Outcome::default();
    let mut preconditions = BTreeMap::new();
    for candidate in candidates {
        match decide(&candidate, modes.of(&candidate.key)) {
            Decision::Stay => {}
            Decision::Clash => outcome.clashes.push(candidate.clash(Reason::BothChanged)),
            Decision::Take => {
                let operation = candidate.operation();
                if candidate.arrives() {
                    outcome.arrivals.push(candidate.key.clone());
                }
                let (path, precondition) = precondition(&operation);
                if let Some(path) = path {
                    preconditions.insert((path, matches!(precondition, Precondition::Exists(_))), precondition);
                }
                outcome.operations.push(operation);
            }
        }
    }
    outcome.preconditions = preconditions.into_values().collect();
    outcome
}

enum Decision {
    Stay,
    Take,
    Clash,
}

fn decide(candidate: &Candidate, mode: Mode) -> Decision {
    let Candidate { key: _, bases, source, target } = candidate;
    if same(source.as_ref(), target.as_ref()) {
        return Decision::Stay;
    }
    match mode {
        Mode::Ours => return Decision::Stay,
        Mode::Theirs => return Decision::Take,
        Mode::Normal => {}
    }
    let Some(base) = one_base(bases) else { return Decision::Clash };
    match (same(source.as_ref(), base), same(target.as_ref(), base)) {
        (true, _) => Decision::Stay,
        (false, true) => Decision::Take,
        (false, false) => Decision::Clash,
    }
}

/// The base, if there is one answer to what the key was; nothing, if the two sides have nothing in common.
fn one_base(bases: &[Option<Entry>]) -> Option<Option<&Entry>> {
    let first = bases.first().and_then(Option::as_ref);
    bases.iter().all(|base| same(base.as_ref(), first)).then_some(first)
}

/// Namespaces of one name are the same if their properties are: both sides may have made it.
pub(super) fn same(a: Option<&Entry>, b: Option<&Entry>) -> bool {
    match (a.map(|entry| &entry.content), b.map(|entry| &entry.content)) {
        (Some(Content::Namespace { id: _, properties: a }), Some(Content::Namespace { id: _, properties: b })) => {
            a == b
        }
        (a, b) => a == b,
    }
}

impl Candidate {
    /// Makes the key in the target what it is in the source.
    fn operation(&self) -> Operation {
        let expect = self.target.as_ref().map_or(Expect::Absent, |entry| Expect::Version(entry.version));
        let key = self.key.clone();
        match &self.source {
            None => Operation::Delete { key, expect, purge: false },
            Some(source) => Operation::Put { key, expect, content: self.content(source), locations: None },
        }
    }

    fn arrives(&self) -> bool {
        let id = |entry: &Option<Entry>| entry.as_ref().map(|entry| entry.content.id());
        self.key.class == Class::Relation && self.source.is_some() && id(&self.source) != id(&self.target)
    }

    /// A namespace stays the one that it is in the target.
    fn content(&self, source: &Entry) -> Content {
        match (&source.content, self.target.as_ref().map(|entry| &entry.content)) {
            (Content::Namespace { id: _, properties }, Some(Content::Namespace { id, .. })) => {
                Content::Namespace { id: *id, properties: properties.clone() }
            }
            (content, _) => content.clone(),
        }
    }

    pub(super) fn clash(&self, reason: Reason) -> Clash {
        let Self { key, bases, source, target } = self.clone();
        let base = one_base(&bases).flatten().cloned();
        Clash { key, reason, base, source, target }
    }
}

/// What has to hold for an operation beside what it expects: a thing lies in a namespace, and one that goes is empty.
fn precondition(operation: &Operation) -> (Option<NamespacePath>, Precondition) {
    match operation {
        Operation::Put { key, .. } => {
            (Some(key.ns.clone()).filter(|ns| !ns.is_root()), Precondition::Exists(key.ns.clone()))
        }
        Operation::Delete { key, .. } => {
            let path = key.namespace().filter(|_| key.class == Class::Namespace);
            (path.clone(), Precondition::Empty(path.unwrap_or_default()))
        }
    }
}
