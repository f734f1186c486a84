//! `add-snapshot` and `remove-snapshots`.

use std::collections::HashSet;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::snapshot::{Snapshot, SnapshotHead};

impl Draft<'_> {
    pub(super) fn add_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), ApplyError> {
        self.check_layout_exists()?;
        if self.metadata.snapshot(snapshot.id())?.is_some() {
            return invalid(format!("Snapshot already exists for id: {}", snapshot.id()));
        }
        let head = snapshot.head()?;
        snapshot.check_new(&head, self.metadata.format_version)?;
        if self.metadata.format_version > 1 {
            self.take_sequence_number(&head)?;
        } else if head.sequence_number != 0 {
            return invalid(format!("Sequence number must be 0 in v1: {}", head.sequence_number));
        }
        if self.metadata.format_version > 2 {
            self.take_row_ids(&head)?;
        }
        self.added_snapshots.push((head.id, self.not_before_the_table(head.timestamp_ms)?));
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

    /// The reference implementation adds the rows to the table's next id, whatever the snapshot's first one was. Here
    /// the next id is always behind those that the snapshot took: no row id is given twice.
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
        let added = head.added_rows.unwrap_or(0);
        let Some(behind) = first.checked_add(added) else {
            return invalid(format!("Cannot add a snapshot: no row ids are left for {added} rows from {first}"));
        };
        self.metadata.next_row_id = Some(behind);
        Ok(())
    }

    /// Ids that are not there are not missed. What belongs to a snapshot goes with it: statistics and refs.
    pub(super) fn remove_snapshots(&mut self, ids: &[i64]) -> Result<(), ApplyError> {
        let ids: HashSet<i64> = ids.iter().copied().collect();
        if !self.metadata.snapshots.retain(|snapshot| !ids.contains(&snapshot.id()))? {
            return Ok(());
        }
        self.removed_snapshots = true;
        self.changed = true;
        self.metadata.statistics.retain(|file| !ids.contains(&file.snapshot_id));
        self.metadata.partition_statistics.retain(|file| !ids.contains(&file.snapshot_id));
        let named = self.metadata.refs.iter().filter(|(_, reference)| ids.contains(&reference.snapshot_id));
        let dangling: Vec<String> = named.map(|(name, _)| name.clone()).collect();
        dangling.iter().for_each(|name| self.remove_ref(name));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{
        append, changed, is_unchanged, refused, run, set_ref, snapshot, table, table_with_snapshots, v1_table,
    };
    use crate::{ApplyError, TableMetadata};

    fn add(snapshot: &Value) -> Value {
        json!({"action": "add-snapshot", "snapshot": snapshot})
    }

    fn remove(ids: &[i64]) -> Value {
        json!({"action": "remove-snapshots", "snapshot-ids": ids})
    }

    fn ids(table: &TableMetadata) -> Vec<i64> {
        table.snapshots().unwrap().iter().map(super::Snapshot::id).collect()
    }

    fn log(table: &TableMetadata) -> Vec<i64> {
        table.snapshot_log().unwrap().iter().map(|entry| entry.snapshot_id).collect()
    }

    fn conflict(base: &TableMetadata, snapshot: &Value) -> String {
        match run(Some(base), &[add(snapshot)]) {
            Err(ApplyError::Conflict(message)) => message,
            other => panic!("no conflict: {other:?}"),
        }
    }

    #[test]
    fn snapshots_are_appended_as_they_were_sent() {
        let next = changed(&table(), &append(1));
        assert_eq!(next.snapshots().unwrap()[0].json(), snapshot(1).to_string());
        assert_eq!(next.last_sequence_number(), 1);
        assert_eq!(next.last_updated_ms(), crate::fixture::NOW + 1_000);
        assert_eq!(next.current_snapshot_id(), Some(1));
    }

    #[test]
    fn a_stale_sequence_number_is_a_conflict() {
        let base = table_with_snapshots();
        let mut stale = snapshot(4);
        stale["sequence-number"] = 3.into();
        assert_eq!(
            conflict(&base, &stale),
            "Cannot add snapshot with sequence number 3 older than last sequence number 3"
        );
        stale.as_object_mut().unwrap().remove("sequence-number");
        assert_eq!(
            conflict(&base, &stale),
            "Cannot add snapshot with sequence number 0 older than last sequence number 3"
        );
    }

    #[test]
    fn a_snapshot_without_a_parent_may_be_stale_and_takes_no_number_back() {
        let mut first = snapshot(4);
        first["sequence-number"] = 2.into();
        first.as_object_mut().unwrap().remove("parent-snapshot-id");
        let next = changed(&table_with_snapshots(), &[add(&first)]);
        assert_eq!(next.last_sequence_number(), 3);
    }

    #[test]
    fn v1_knows_no_sequence_numbers() {
        let mut one = snapshot(2);
        one["sequence-number"] = 0.into();
        let next = changed(&v1_table(), &[add(&one)]);
        assert_eq!(next.last_sequence_number(), 0);
        assert!(!next.snapshots().unwrap()[0].json().contains("sequence-number"));
        assert_eq!(refused(&v1_table(), &[add(&snapshot(2))]), "Sequence number must be 0 in v1: 2");
    }

    #[test]
    fn an_id_is_used_once() {
        assert_eq!(refused(&table_with_snapshots(), &[add(&snapshot(2))]), "Snapshot already exists for id: 2");
    }

    #[test]
    fn snapshots_that_no_reader_could_use_are_refused() {
        let without = |key: &str| {
            let mut snapshot = snapshot(1);
            snapshot.as_object_mut().unwrap().remove(key);
            snapshot
        };
        for (snapshot, expected) in [
            (without("timestamp-ms"), "cannot parse snapshot: field timestamp-ms is missing"),
            (without("manifest-list"), "Cannot add snapshot 1: manifest-list is missing"),
            (
                json!({"snapshot-id": 1, "timestamp-ms": 1, "manifest-list": "l", "summary": {"a": "b"}}),
                "Cannot add snapshot 1: summary has no operation",
            ),
            (
                json!({"snapshot-id": 1, "timestamp-ms": "1"}),
                "cannot parse snapshot: field timestamp-ms: invalid type: string \"1\", expected i64",
            ),
        ] {
            assert_eq!(refused(&table(), &[add(&snapshot)]), expected);
        }
    }

    #[test]
    fn what_belongs_to_a_snapshot_goes_with_it() {
        let file = |id: i64| json!({"snapshot-id": id, "statistics-path": "s3://lake/s", "file-size-in-bytes": 1, "file-footer-size-in-bytes": 1, "blob-metadata": []});
        let base = changed(
            &table_with_snapshots(),
            &[
                json!({"action": "set-snapshot-ref", "ref-name": "tag", "type": "tag", "snapshot-id": 1}),
                set_ref("dev", 2),
                json!({"action": "set-statistics", "statistics": file(1)}),
                json!({"action": "set-statistics", "statistics": file(3)}),
                json!({"action": "set-partition-statistics", "partition-statistics": file(1)}),
            ],
        );
        let next = changed(&base, &[remove(&[1, 99])]);
        assert_eq!(ids(&next), [2, 3]);
        assert_eq!(next.refs().map(|(name, _)| name).collect::<Vec<_>>(), ["main", "dev"]);
        assert_eq!(next.statistics().iter().map(|file| file.snapshot_id()).collect::<Vec<_>>(), [3]);
        assert_eq!(next.partition_statistics().len(), 0);
        assert_eq!(log(&next), [2, 3]);
        assert!(is_unchanged(&base, &[remove(&[99])]));
    }

    #[test]
    fn history_before_a_removed_snapshot_is_forgotten() {
        let next = changed(&table_with_snapshots(), &[remove(&[2])]);
        assert_eq!((ids(&next), log(&next)), (vec![1, 3], vec![3]));
    }

    #[test]
    fn removing_the_current_snapshot_leaves_a_table_without_one() {
        let next = changed(&table_with_snapshots(), &[remove(&[3])]);
        assert_eq!(next.current_snapshot_id(), None);
        assert!(next.reference("main").is_none());
        assert_eq!(log(&next), Vec::<i64>::new());
    }

    #[test]
    fn row_ids_of_v3_are_taken_in_turn() {
        let document = include_bytes!("../../tests/documents/spark-v3.metadata.json");
        let base = TableMetadata::parse(document).unwrap();
        let lineage = |first: Value, added: Value| {
            json!({"snapshot-id": 6, "sequence-number": 2, "parent-snapshot-id": 5, "timestamp-ms": base.last_updated_ms(),
                "manifest-list": "s3://lake/l.avro", "summary": {"operation": "append"},
                "first-row-id": first, "added-rows": added})
        };
        assert_eq!(
            conflict(&base, &lineage(99.into(), 5.into())),
            "Cannot add a snapshot, first-row-id is behind table next-row-id: 99 < 100"
        );
        let next = changed(&base, &[add(&lineage(100.into(), 5.into()))]);
        let written: Value = serde_json::from_slice(&next.to_bytes()).unwrap();
        assert_eq!(written["next-row-id"], 105);
        assert_eq!(changed(&base, &[add(&lineage(200.into(), 5.into()))]).next_row_id(), Some(205));
        for (first, added, expected) in [
            (Value::Null, 5.into(), "Cannot add a snapshot: first-row-id is null"),
            ((-1).into(), 5.into(), "Invalid first-row-id (cannot be negative): -1"),
            (100.into(), Value::Null, "Invalid added-rows (required when first-row-id is set): null"),
            (100.into(), (-1).into(), "Invalid added-rows (cannot be negative): -1"),
            (
                100.into(),
                i64::MAX.into(),
                "Cannot add a snapshot: no row ids are left for 9223372036854775807 rows from 100",
            ),
        ] {
            assert_eq!(refused(&base, &[add(&lineage(first, added))]), expected);
        }
    }
}
