//! The times of the next metadata, with writers whose clocks differ.

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};

/// Readers refuse documents whose logs go back further than this.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

impl Draft<'_> {
    /// The server's time, but never before the table's: a table whose last writer's clock ran ahead stays usable.
    pub(super) fn now(&self) -> Result<i64, ApplyError> {
        Ok(self.context.now_ms.max(self.latest_ms()?))
    }

    /// The time that a snapshot's writer gives, if readers would accept it. The reference implementation refuses the
    /// commit of a writer whose clock is slow by more than the tolerance, again and again; here it counts as made at
    /// the table's time, and the snapshot itself keeps what the writer wrote.
    ///
    /// # Errors
    /// `Invalid` for a time further ahead than the tolerance, of the server's clock and of the table: every Java client
    /// would refuse to commit to the table until the time has come. The text is that of the reference implementation.
    pub(super) fn not_before_the_table(&self, timestamp_ms: i64) -> Result<i64, ApplyError> {
        let latest = self.latest_ms()?;
        let update_ms = latest.max(self.context.now_ms);
        if timestamp_ms > update_ms.saturating_add(CLOCK_TOLERANCE_MS) {
            return invalid(format!(
                "Invalid update timestamp {update_ms}: before last snapshot log entry at {timestamp_ms}"
            ));
        }
        Ok(if timestamp_ms < latest.saturating_sub(CLOCK_TOLERANCE_MS) { latest } else { timestamp_ms })
    }

    fn latest_ms(&self) -> Result<i64, ApplyError> {
        let metadata = &self.metadata;
        let snapshot = metadata.snapshot_log.last()?.map_or(i64::MIN, |entry| entry.timestamp_ms);
        let file = metadata.metadata_log.last()?.map_or(i64::MIN, |entry| entry.timestamp_ms);
        Ok(metadata.last_updated_ms.max(snapshot).max(file))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::TableMetadata;
    use crate::fixture::{NOW, changed, set_ref, snapshot, table_with_snapshots};

    /// The fourth snapshot, made at a time before or after that of the table (`NOW + 3000`).
    fn append_at(timestamp_ms: i64) -> TableMetadata {
        let mut snapshot = snapshot(4);
        snapshot["timestamp-ms"] = timestamp_ms.into();
        let add = json!({"action": "add-snapshot", "snapshot": snapshot});
        changed(&table_with_snapshots(), &[add, set_ref("main", 4)])
    }

    fn logged(table: &TableMetadata) -> i64 {
        table.snapshot_log().unwrap().last().unwrap().timestamp_ms
    }

    #[test]
    fn a_snapshot_is_logged_at_its_writers_time_and_the_table_is_never_younger() {
        for (timestamp, updated) in
            [(NOW + 60_000, NOW + 60_000), (NOW + 3_000, NOW + 3_000), (NOW - 50_000, NOW + 3_000)]
        {
            let next = append_at(timestamp);
            assert_eq!((next.last_updated_ms(), logged(&next)), (updated, timestamp));
        }
    }

    #[test]
    fn a_writer_whose_clock_is_slow_can_commit() {
        let next = append_at(NOW - 10_000_000);
        assert_eq!((next.last_updated_ms(), logged(&next)), (NOW + 3_000, NOW + 3_000));
        assert_eq!(next.snapshot(4).unwrap().unwrap().head().unwrap().timestamp_ms, NOW - 10_000_000);
    }

    #[test]
    fn no_time_of_the_server_is_before_one_in_the_logs() {
        for (log, entry) in [
            ("snapshot-log", json!({"snapshot-id": 3, "timestamp-ms": NOW + 40_000})),
            ("metadata-log", json!({"metadata-file": "f", "timestamp-ms": NOW + 40_000})),
        ] {
            let mut document: Value = serde_json::from_slice(&table_with_snapshots().to_bytes()).unwrap();
            document[log].as_array_mut().unwrap().push(entry);
            let base = TableMetadata::parse(document.to_string().as_bytes()).unwrap();
            let next = changed(&base, &[json!({"action": "set-properties", "updates": {"a": "b"}})]);
            assert_eq!(next.last_updated_ms(), NOW + 40_000);
        }
    }

    #[test]
    fn snapshot_far_ahead_of_clock_and_table_is_rejected() {
        let mut snapshot = snapshot(4);
        snapshot["timestamp-ms"] = json!(NOW + 10_000_000);
        let add = json!({"action": "add-snapshot", "snapshot": snapshot});
        let error = crate::fixture::refused(&table_with_snapshots(), &[add]);
        assert!(error.starts_with("Invalid update timestamp "), "{error}");
        assert!(error.ends_with(&format!(": before last snapshot log entry at {}", NOW + 10_000_000)), "{error}");
    }

    #[test]
    fn a_table_whose_last_writers_clock_ran_ahead_stays_usable() {
        let mut document: Value = serde_json::from_slice(&table_with_snapshots().to_bytes()).unwrap();
        document["last-updated-ms"] = json!(NOW + 31_536_000_000);
        let ahead = TableMetadata::parse(document.to_string().as_bytes()).unwrap();
        let update = json!({"action": "set-properties", "updates": {"a": "b"}});
        let next = changed(&ahead, &[update]);
        assert_eq!(next.last_updated_ms(), NOW + 31_536_000_000);
        let written: Value = serde_json::from_slice(&next.to_bytes()).unwrap();
        assert_eq!(written["metadata-log"].as_array().unwrap().last().unwrap()["timestamp-ms"], NOW + 31_536_000_000);
    }
}
