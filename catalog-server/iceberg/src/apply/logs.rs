//! The snapshot log and the metadata log of the next metadata.

use std::collections::HashSet;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::json::Unknown;
use crate::metadata::MetadataLogEntry;
use crate::properties::previous_versions_max;

/// Writers' clocks may differ by so much: readers refuse documents whose logs go back further.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

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

    /// Refuses times that readers would refuse.
    pub(super) fn check_times(&self) -> Result<(), ApplyError> {
        let updated = self.metadata.last_updated_ms;
        let before = |earlier: i64, later: i64| later < earlier.saturating_sub(CLOCK_TOLERANCE_MS);
        if let [.., previous, last] = self.metadata.snapshot_log.as_slice()
            && !self.main_was.is_empty()
            && before(previous.timestamp_ms, last.timestamp_ms)
        {
            return invalid(format!(
                "Invalid snapshot timestamp {}: before last snapshot timestamp {}",
                last.timestamp_ms, previous.timestamp_ms
            ));
        }
        if let Some(last) = self.metadata.snapshot_log.last()
            && before(last.timestamp_ms, updated)
        {
            return invalid(format!(
                "Invalid update timestamp {updated}: before last snapshot log entry at {}",
                last.timestamp_ms
            ));
        }
        if let Some(last) = self.metadata.metadata_log.last()
            && before(last.timestamp_ms, updated)
        {
            return invalid(format!(
                "Invalid update timestamp {updated}: before the latest metadata log entry timestamp {}",
                last.timestamp_ms
            ));
        }
        Ok(())
    }
}
