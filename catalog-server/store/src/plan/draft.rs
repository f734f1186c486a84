//! One request against the state that its predecessors in the group left: a draft of its changes, or why it loses.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::{PurgeRow, State, overlap};
use crate::{
    Class, CommitError, CommitRequest, Content, Entry, Expect, Found, Key, Kind, NamespacePath, Operation, Precondition,
};

/// What a request changes if it wins.
#[derive(Default)]
pub(super) struct Draft {
    /// What each key becomes; `None` is a tombstone.
    pub(super) changes: Vec<(Key, Option<Content>)>,
    /// All that contents hold from now on; nothing, if they leave the tree.
    pub(super) holds: BTreeMap<Uuid, Vec<String>>,
    pub(super) purges: Vec<PurgeRow>,
    /// Contents that come back before their purge has begun.
    pub(super) spared: Vec<Uuid>,
}

/// A request that no caller may make: a fault of the program, not a conflict.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("two commits of one group have the id {0}")]
    IdTwice(Uuid),
    #[error("the commit changes {0} twice")]
    KeyTwice(Key),
    #[error("the commit deletes {0}, which it expects not to be there")]
    DeletesNothing(Key),
    #[error("the commit puts under {0} what does not belong there")]
    WrongClass(Key),
    #[error("the location {0} does not end with a slash")]
    NoSlash(String),
    #[error("the children of namespace {0} were not read")]
    ChildrenUnknown(NamespacePath),
}

impl From<Fault> for CommitError {
    fn from(fault: Fault) -> Self {
        Self::Backend(Box::new(fault))
    }
}

pub(super) fn draft(request: &CommitRequest, state: &State) -> Result<Draft, CommitError> {
    if let Some(mark) = &request.idempotency
        && let Some(earlier) = state.marks.get(&(mark.principal.clone(), mark.key))
    {
        return Err(CommitError::Repeated(Box::new(earlier.clone())));
    }
    let stays: HashSet<Uuid> = request.operations.iter().filter_map(put_id).collect();
    let mut draft = Draft::default();
    let mut seen = HashSet::new();
    for operation in &request.operations {
        if !seen.insert(operation.key()) {
            return Err(Fault::KeyTwice(operation.key().clone()).into());
        }
        draft.operation(operation, state, &stays)?;
    }
    draft.check_elsewhere(&request.operations, state)?;
    draft.check_locations(&request.operations, state)?;
    draft.check_preconditions(&request.preconditions, state)?;
    Ok(draft)
}

fn put_id(operation: &Operation) -> Option<Uuid> {
    match operation {
        Operation::Put { content, .. } => Some(content.id()),
        Operation::Delete { .. } => None,
    }
}

impl Draft {
    fn operation(&mut self, operation: &Operation, state: &State, stays: &HashSet<Uuid>) -> Result<(), CommitError> {
        let found = state.entries.get(operation.key());
        match operation {
            Operation::Put { key, expect, content, locations } => {
                check_put(key, content, locations.as_deref())?;
                check_expected(key, expect, found)?;
                if state.purged.contains(&content.id()) {
                    return Err(CommitError::Conflict { key: key.clone(), found: Found::Purged });
                }
                if state.to_be_purged.contains(&content.id()) {
                    self.spared.push(content.id());
                }
                self.leave(found, stays, state);
                if let Some(locations) = locations {
                    self.hold(content.id(), locations, state);
                }
                self.changes.push((key.clone(), Some(content.clone())));
            }
            Operation::Delete { key, expect, purge } => {
                if *expect == Expect::Absent {
                    return Err(Fault::DeletesNothing(key.clone()).into());
                }
                check_expected(key, expect, found)?;
                match purge {
                    // Its locations stay its own until its files are gone.
                    true => self.purge(found, stays),
                    false => self.leave(found, stays, state),
                }
                self.changes.push((key.clone(), None));
            }
        }
        Ok(())
    }

    /// Adds to what a content holds. What lies within another of its locations is held by that one.
    fn hold(&mut self, id: Uuid, locations: &[String], state: &State) {
        let held = || state.held.iter().filter(|(_, holder)| *holder == id).map(|(location, _)| location.clone());
        let all = self.holds.entry(id).or_insert_with(|| held().collect());
        all.extend_from_slice(locations);
        all.sort_unstable();
        all.dedup_by(|location, before| location.starts_with(before.as_str()));
    }

    /// What was under a key lets its locations go, unless the same request puts it somewhere, or somebody else shows it.
    fn leave(&mut self, found: Option<&Entry>, stays: &HashSet<Uuid>, state: &State) {
        if let Some(id) = found.map(|entry| entry.content.id())
            && !stays.contains(&id)
            && !state.shown.contains_key(&id)
        {
            self.holds.insert(id, Vec::new());
        }
    }

    fn purge(&mut self, found: Option<&Entry>, stays: &HashSet<Uuid>) {
        let Some(content) = found.map(|entry| &entry.content) else { return };
        if let Some(metadata_location) = content.metadata_location()
            && !stays.contains(&content.id())
        {
            let metadata_location = metadata_location.to_owned();
            self.purges.push(PurgeRow { content_id: content.id(), metadata_location });
        }
    }

    /// A table or view is under one key of a branch, or two would share its files.
    fn check_elsewhere(&self, operations: &[Operation], state: &State) -> Result<(), CommitError> {
        for operation in operations {
            let Operation::Put { key, content, .. } = operation else { continue };
            let stays = state.entries.get(key).is_some_and(|entry| entry.content.id() == content.id());
            if stays || content.kind() == Kind::Namespace {
                continue;
            }
            if let Some(other) = self.elsewhere(key, content.id(), state) {
                return Err(CommitError::Conflict { key: key.clone(), found: Found::Elsewhere(other.clone()) });
            }
        }
        Ok(())
    }

    /// Another key that, after this request's operations, has the content.
    fn elsewhere<'a>(&'a self, key: &Key, id: Uuid, state: &'a State) -> Option<&'a Key> {
        let has = |content: &Content| content.id() == id;
        let put = self.changes.iter().find(|(other, after)| other != key && after.as_ref().is_some_and(has));
        let changed = |other: &Key| self.changes.iter().any(|(key, _)| key == other);
        let there = || state.entries.iter().find(|(other, entry)| has(&entry.content) && !changed(other));
        put.map(|(other, _)| other).or_else(|| there().map(|(other, _)| other)).or_else(|| state.elsewhere.get(&id))
    }

    fn check_locations(&self, operations: &[Operation], state: &State) -> Result<(), CommitError> {
        for operation in operations {
            let Operation::Put { key, content, locations: Some(locations), .. } = operation else { continue };
            for location in locations {
                if let Some(holder) = self.holder(location, content.id(), state) {
                    let found = Found::LocationTaken { location: location.clone(), holder };
                    return Err(CommitError::Conflict { key: key.clone(), found });
                }
            }
        }
        Ok(())
    }

    /// Another content that, after this request's operations, holds what overlaps the location.
    fn holder(&self, location: &str, id: Uuid, state: &State) -> Option<Uuid> {
        let before = state.held.iter().filter(|(_, holder)| !self.holds.contains_key(holder));
        let before = before.map(|(held, holder)| (held, *holder));
        let changed = self.holds.iter().flat_map(|(holder, all)| all.iter().map(move |held| (held, *holder)));
        before.chain(changed).find(|(held, holder)| *holder != id && overlap(held, location)).map(|(_, holder)| holder)
    }

    fn check_preconditions(&self, preconditions: &[Precondition], state: &State) -> Result<(), CommitError> {
        if preconditions.is_empty() {
            return Ok(());
        }
        let changes: HashMap<&Key, Option<Kind>> =
            self.changes.iter().map(|(key, after)| (key, after.as_ref().map(Content::kind))).collect();
        for precondition in preconditions {
            match precondition {
                Precondition::Exists(ns) => check_exists(ns, &changes, state)?,
                Precondition::Empty(ns) => check_empty(ns, &changes, state)?,
                Precondition::Holds { key, content } => self.check_holds(key, *content, state)?,
                Precondition::ShownAs { key, content, files } => check_shown(key, *content, files, state)?,
            }
        }
        Ok(())
    }

    fn check_holds(&self, key: &Key, content: Uuid, state: &State) -> Result<(), CommitError> {
        let holds = match self.holds.get(&content) {
            Some(held) => !held.is_empty(),
            None => !state.let_go.contains(&content),
        };
        if holds { Ok(()) } else { Err(CommitError::Conflict { key: key.clone(), found: Found::LetGo }) }
    }
}

fn check_put(key: &Key, content: &Content, locations: Option<&[String]>) -> Result<(), Fault> {
    if (content.kind() == Kind::Namespace) != (key.class == Class::Namespace) {
        return Err(Fault::WrongClass(key.clone()));
    }
    match locations.unwrap_or_default().iter().find(|location| !location.ends_with('/')) {
        Some(location) => Err(Fault::NoSlash(location.clone())),
        None => Ok(()),
    }
}

fn check_expected(key: &Key, expect: &Expect, found: Option<&Entry>) -> Result<(), CommitError> {
    let met = match (expect, found) {
        (Expect::Absent, None) => true,
        (Expect::Location(location), Some(entry)) => entry.content.metadata_location() == Some(location),
        (Expect::Version(version), Some(entry)) => entry.version == *version,
        (Expect::Absent, Some(_)) | (Expect::Location(_) | Expect::Version(_), None) => false,
    };
    if met {
        return Ok(());
    }
    let found = found.map_or(Found::Absent, |entry| Found::Entry(entry.clone()));
    Err(CommitError::Conflict { key: key.clone(), found })
}

fn check_exists(ns: &NamespacePath, changes: &HashMap<&Key, Option<Kind>>, state: &State) -> Result<(), CommitError> {
    let Some(key) = ns.key() else { return Ok(()) };
    let live = match changes.get(&key) {
        Some(after) => after.is_some(),
        None => state.entries.contains_key(&key),
    };
    if live { Ok(()) } else { Err(CommitError::Conflict { key, found: Found::Absent }) }
}

fn check_shown(key: &Key, content: Uuid, files: &[String], state: &State) -> Result<(), CommitError> {
    let unknown = state.shown.get(&content).and_then(|shown| shown.iter().find(|file| !files.contains(file)));
    match unknown.cloned() {
        None => Ok(()),
        Some(metadata_location) => {
            Err(CommitError::Conflict { key: key.clone(), found: Found::ShownAs { metadata_location } })
        }
    }
}

fn check_empty(ns: &NamespacePath, changes: &HashMap<&Key, Option<Kind>>, state: &State) -> Result<(), CommitError> {
    let Some(children) = state.children.get(ns) else { return Err(Fault::ChildrenUnknown(ns.clone()).into()) };
    let put = changes.iter().any(|(key, after)| key.ns == *ns && after.is_some());
    let deleted = |(class, name): &(Class, String)| {
        let key = Key { ns: ns.clone(), class: *class, name: name.clone() };
        changes.get(&key).is_some_and(Option::is_none)
    };
    if !put && children.iter().all(deleted) {
        return Ok(());
    }
    let root = || Key { ns: NamespacePath::root(), class: Class::Namespace, name: String::new() };
    Err(CommitError::Conflict { key: ns.key().unwrap_or_else(root), found: Found::NotEmpty })
}
