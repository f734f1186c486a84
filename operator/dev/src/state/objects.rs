//! The resources as they were admitted last: what an apiserver's database is in a cluster.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StateDir, StateError, write};
use crate::desired::Key;

/// An admitted resource.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Stored {
    /// Made when the resource was first seen: one that is taken out and put back is another.
    pub(crate) uid: String,
    pub(crate) object: Value,
    /// The server has had it at least once.
    #[serde(default)]
    pub(crate) applied: bool,
}

/// All of them. One that is in no file any more stays until it is let go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Objects(BTreeMap<Key, Stored>);

#[derive(Deserialize, Serialize)]
struct Entry {
    #[serde(flatten)]
    key: Key,
    #[serde(flatten)]
    stored: Stored,
}

impl Objects {
    /// # Errors
    /// [`StateError::Read`], [`StateError::Damaged`].
    pub(crate) fn read(state: &StateDir) -> Result<Self, StateError> {
        let path = state.path().join("objects.json");
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(cause) => return Err(StateError::Read { path, cause }),
        };
        let damaged = |error: serde_json::Error| StateError::Damaged { path, reason: error.to_string() };
        let entries: Vec<Entry> = serde_json::from_slice(&text).map_err(damaged)?;
        Ok(Self(entries.into_iter().map(|Entry { key, stored }| (key, stored)).collect()))
    }

    /// # Errors
    /// [`StateError::Write`].
    pub(crate) fn write(&self, state: &StateDir) -> Result<(), StateError> {
        let entry = |(key, stored): (&Key, &Stored)| Entry { key: key.clone(), stored: stored.clone() };
        let entries: Vec<_> = self.0.iter().map(entry).collect();
        let path = state.path().join("objects.json");
        let damaged = |error: serde_json::Error| StateError::Damaged { path: path.clone(), reason: error.to_string() };
        let json = serde_json::to_vec_pretty(&entries).map_err(damaged)?;
        write::file(&path, &json)
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Stored> {
        self.0.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        self.0.iter()
    }

    pub(crate) fn insert(&mut self, key: Key, stored: Stored) {
        self.0.insert(key, stored);
    }

    /// Notes that the server has it. True if that is news.
    pub(crate) fn mark_applied(&mut self, key: &Key) -> bool {
        let Some(stored) = self.0.get_mut(key) else { return false };
        !std::mem::replace(&mut stored.applied, true)
    }

    /// Removes it unless the server has had it.
    pub(crate) fn forget_if_new(&mut self, key: &Key) {
        if self.0.get(key).is_some_and(|stored| !stored.applied) {
            self.0.remove(key);
        }
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::Kind;

    #[test]
    fn what_was_written_is_read_back_and_garbage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        assert_eq!(Objects::read(&state).unwrap(), Objects::default());
        let mut objects = Objects::default();
        let key = Key { kind: Kind::Token, namespace: "default".into(), name: "analyst".into() };
        objects.insert(
            key.clone(),
            Stored { uid: "u".into(), object: serde_json::json!({"kind": "Token"}), applied: false },
        );
        objects.write(&state).unwrap();
        assert_eq!(Objects::read(&state).unwrap(), objects);
        fs::write(folder.path().join("objects.json"), "[{").unwrap();
        assert!(matches!(Objects::read(&state), Err(StateError::Damaged { .. })));
    }
}
