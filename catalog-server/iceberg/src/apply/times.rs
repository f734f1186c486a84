//! The times of the next metadata, with writers whose clocks differ.

use crate::apply::Draft;

/// Readers refuse documents whose logs go back further than this.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

impl Draft<'_> {
    /// The server's time, but never before the table's: a table whose last writer's clock ran ahead stays usable.
    pub(super) fn now(&self) -> i64 {
        self.context.now_ms.max(self.latest_ms())
    }

    /// The time that a snapshot's writer gives, if readers would accept it. The reference implementation refuses the
    /// commit of a writer whose clock is slow by more than the tolerance, again and again; here it counts as made at
    /// the table's time, and the snapshot itself keeps what the writer wrote.
    pub(super) fn not_before_the_table(&self, timestamp_ms: i64) -> i64 {
        let latest = self.latest_ms();
        if timestamp_ms < latest.saturating_sub(CLOCK_TOLERANCE_MS) { latest } else { timestamp_ms }
    }

    fn latest_ms(&self) -> i64 {
        let metadata = &self.metadata;
        let snapshot = metadata.snapshot_log.last().map_or(i64::MIN, |entry| entry.timestamp_ms);
        let file = metadata.metadata_log.last().map_or(i64::MIN, |entry| entry.timestamp_ms);
        metadata.last_updated_ms.max(snapshot).max(file)
    }
}
