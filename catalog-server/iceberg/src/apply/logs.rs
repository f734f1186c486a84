//! The snapshot log and the metadata log of the next metadata.

use std::collections::HashSet;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::json::Unknown;
use crate::metadata::MetadataLogEntry;
use crate::properties::previous_versions_max;

impl Draft<'_> {
    /// Drops entries of snapshots that this commit made current only in passing, and, where a snapshot was removed,
    /// everything up to its entry: a gap would make time travel show a later snapshot as current.
    pub(super) fn correct_snapshot_log(&mut self) -> Result<(), ApplyError> {
        let current = self.metadata.current_snapshot_id;
        let added = |id: &i64| self.added_snapshots.iter().any(|(added, _)| added == id);
        let passing: HashSet<i64> =
            self.main_was.iter().copied().filter(|id| Some(*id) != current && added(id)).collect();
        if passing.is_empty() && !self.removed_snapshots || self.metadata.snapshot_log.is_empty() {
            return Ok(());
        }
        let existing: HashSet<i64> = self.metadata.snapshots.iter().map(|snapshot| snapshot.id()).collect();
        let mut log = Vec::new();
        for entry in std::mem::take(&mut self.metadata.snapshot_log) {
            if !existing.contains(&entry.snapshot_id) {
                if self.removed_snapshots {
                    log.clear();
                }
            } else if !passing.contains(&entry.snapshot_id) {
                log.push(entry);
            }
        }
        if current.is_some() && log.last().map(|entry| entry.snapshot_id) != current {
            return invalid("Cannot set invalid snapshot log: latest entry is not the current snapshot");
        }
        self.metadata.snapshot_log = log;
        Ok(())
    }

    /// The current file becomes the last of the old ones; as many are kept as the table's property says.
    pub(super) fn extend_metadata_log(&mut self) {
        let (Some(base), Some(file)) = (self.base, self.context.previous_file) else { return };
        let max = previous_versions_max(&self.metadata.properties);
        let log = &mut self.metadata.metadata_log;
        log.drain(..log.len().saturating_sub(max - 1));
        log.push(MetadataLogEntry {
            timestamp_ms: base.last_updated_ms,
            metadata_file: file.to_owned(),
            unknown: Unknown::new(),
        });
    }
}
