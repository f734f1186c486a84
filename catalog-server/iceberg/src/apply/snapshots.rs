//! `add-snapshot` and `remove-snapshots`.

use std::collections::HashSet;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::snapshot::{Snapshot, SnapshotHead};

impl Draft<'_> {
    pub(super) fn add_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), ApplyError> {
        self.check_layout_exists()?;
        if self.metadata.snapshot(snapshot.id()).is_some() {
            return invalid(format!("Snapshot already exists for id: {}", snapshot.id()));
        }
        let head = snapshot.head()?;
        snapshot.check_new(&head, self.metadata.format_version)?;
        if self.metadata.format_version > 1 {
            self.take_sequence_number(&head)?;
        }
        if self.metadata.format_version > 2 {
            self.take_row_ids(&head)?;
        }
        let updated_ms = self.not_before_the_table(head.timestamp_ms);
        self.updated_ms = Some(updated_ms);
        self.added_snapshots.push((head.id, updated_ms));
        let v1 = self.metadata.format_version == 1;
        self.metadata.snapshots.push(if v1 { snapshot.without_sequence_number()? } else { snapshot.clone() });
        self.changed = true;
        Ok(())
    }

    fn check_layout_exists(&self) -> Result<(), ApplyError> {
        if self.metadata.schemas.is_empty() {
            return invalid("Attempting to add a snapshot before a schema is added");
        }
        if self.metadata.partition_specs.is_empty() {
            return invalid("Attempting to add a snapshot before a partition spec is added");
        }
        if self.metadata.sort_orders.is_empty() {
            return invalid("Attempting to add a snapshot before a sort order is added");
        }
        Ok(())
    }

    /// A snapshot with a parent must be newer than all; one without (a replaced table) may be as old, but never takes
    /// the table's number back.
    fn take_sequence_number(&mut self, head: &SnapshotHead) -> Result<(), ApplyError> {
        let last = self.metadata.last_sequence_number;
        let number = head.sequence_number;
        if number <= last && head.parent_id.is_some() {
            return Err(ApplyError::Conflict(format!(
                "Cannot add snapshot with sequence number {number} older than last sequence number {last}"
            )));
        }
        self.metadata.last_sequence_number = last.max(number);
        Ok(())
    }

    fn take_row_ids(&mut self, head: &SnapshotHead) -> Result<(), ApplyError> {
        let next = self.metadata.next_row_id.unwrap_or(0);
        let Some(first) = head.first_row_id else {
            return invalid("Cannot add a snapshot: first-row-id is null");
        };
        if first < next {
            return Err(ApplyError::Conflict(format!(
                "Cannot add a snapshot, first-row-id is behind table next-row-id: {first} < {next}"
            )));
        }
        match head.added_rows {
            Some(added @ 0..) if next.checked_add(added).is_some() => {
                self.metadata.next_row_id = Some(next + added);
                Ok(())
            }
            Some(added) => invalid(format!("Cannot add a snapshot: added-rows is {added}")),
            None => invalid("Cannot add a snapshot: added-rows is null"),
        }
    }

    /// Ids that are not there are not missed. What belongs to a snapshot goes with it: statistics and refs.
    pub(super) fn remove_snapshots(&mut self, ids: &[i64]) {
        let ids: HashSet<i64> = ids.iter().copied().collect();
        let before = self.metadata.snapshots.len();
        self.metadata.snapshots.retain(|snapshot| !ids.contains(&snapshot.id()));
        if self.metadata.snapshots.len() == before {
            return;
        }
        self.removed_snapshots = true;
        self.changed = true;
        self.metadata.statistics.retain(|file| !ids.contains(&file.snapshot_id));
        self.metadata.partition_statistics.retain(|file| !ids.contains(&file.snapshot_id));
        let named = self.metadata.refs.iter().filter(|(_, reference)| ids.contains(&reference.snapshot_id));
        let dangling: Vec<String> = named.map(|(name, _)| name.clone()).collect();
        dangling.iter().for_each(|name| self.remove_ref(name));
    }
}
