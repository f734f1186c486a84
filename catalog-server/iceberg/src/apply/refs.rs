//! `set-snapshot-ref` and `remove-snapshot-ref`.

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::json::Unknown;
use crate::metadata::SnapshotLogEntry;
use crate::snapshot::{MAIN, SnapshotRef};

impl Draft<'_> {
    /// `main` is the current snapshot: moving it is what readers see, and enters the snapshot log.
    pub(super) fn set_ref(&mut self, name: &str, reference: &SnapshotRef) -> Result<(), ApplyError> {
        reference.check_new(name)?;
        if self.metadata.reference(name).is_some_and(|current| current.same_as(reference)) {
            return Ok(());
        }
        let snapshot_id = reference.snapshot_id;
        if self.metadata.snapshot(snapshot_id).is_none() {
            return invalid(format!("Cannot set {name} to unknown snapshot: {snapshot_id}"));
        }
        if let Some((_, added_ms)) = self.added_snapshots.iter().find(|(id, _)| *id == snapshot_id) {
            self.updated_ms = Some(self.not_before_the_table(*added_ms));
        }
        if name == MAIN {
            self.set_current_snapshot(snapshot_id);
        }
        match self.metadata.refs.iter_mut().find(|(other, _)| other == name) {
            Some((_, current)) => current.replace(reference),
            None => self.metadata.refs.push((name.to_owned(), reference.clone())),
        }
        self.changed = true;
        Ok(())
    }

    fn set_current_snapshot(&mut self, snapshot_id: i64) {
        let timestamp_ms = self.updated_ms.unwrap_or_else(|| self.now());
        self.updated_ms = Some(timestamp_ms);
        self.metadata.current_snapshot_id = Some(snapshot_id);
        self.main_was.push(snapshot_id);
        self.metadata.snapshot_log.push(SnapshotLogEntry { timestamp_ms, snapshot_id, unknown: Unknown::new() });
    }

    pub(super) fn remove_ref(&mut self, name: &str) {
        if name == MAIN {
            self.changed |= self.metadata.current_snapshot_id.take().is_some();
        }
        let before = self.metadata.refs.len();
        self.metadata.refs.retain(|(other, _)| other != name);
        self.changed |= self.metadata.refs.len() != before;
    }
}

impl SnapshotRef {
    /// Keys that this version does not know are not the request's to change.
    fn same_as(&self, requested: &Self) -> bool {
        Self { unknown: requested.unknown.clone(), ..self.clone() } == *requested
    }

    fn replace(&mut self, requested: &Self) {
        let unknown = std::mem::take(&mut self.unknown);
        *self = Self { unknown, ..requested.clone() };
    }
}
