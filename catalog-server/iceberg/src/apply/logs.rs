//! The snapshot log and the metadata log of the next metadata.

use std::collections::HashSet;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::json::Unknown;
use crate::long_list::LongList;
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
        let existing: HashSet<i64> = self.metadata.snapshots.all()?.iter().map(|snapshot| snapshot.id()).collect();
        let mut log = Vec::new();
        for entry in self.metadata.snapshot_log.all()? {
            if !existing.contains(&entry.snapshot_id) {
                if self.removed_snapshots {
                    log.clear();
                }
            } else if !passing.contains(&entry.snapshot_id) {
                log.push(entry.clone());
            }
        }
        if current.is_some() && log.last().map(|entry| entry.snapshot_id) != current {
            return invalid("Cannot set invalid snapshot log: latest entry is not the current snapshot");
        }
        self.metadata.snapshot_log = LongList::of(log);
        Ok(())
    }

    /// The current file becomes the last of the old ones; as many are kept as the table's property says.
    pub(super) fn extend_metadata_log(&mut self) {
        let (Some(base), Some(file)) = (self.base, self.context.previous_file) else { return };
        let max = previous_versions_max(&self.metadata.properties);
        let log = &mut self.metadata.metadata_log;
        log.keep_last(max - 1);
        log.push(MetadataLogEntry {
            timestamp_ms: base.last_updated_ms,
            metadata_file: file.to_owned(),
            unknown: Unknown::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fixture::{FILE, NOW, append, changed, set_ref, snapshot, table};
    use crate::{Applied, ApplyContext, TableMetadata, Update, apply};

    fn log(table: &TableMetadata) -> Vec<i64> {
        table.snapshot_log().unwrap().iter().map(|entry| entry.snapshot_id).collect()
    }

    #[test]
    fn snapshots_that_were_current_only_in_passing_leave_no_entry() {
        let updates = [append(1), append(2), append(3)].concat();
        let next = changed(&table(), &updates);
        assert_eq!(log(&next), [3]);
        assert_eq!(next.snapshots().unwrap().len(), 3);
    }

    #[test]
    fn a_snapshot_of_another_branch_leaves_no_entry() {
        let add = json!({"action": "add-snapshot", "snapshot": snapshot(1)});
        let next = changed(&table(), &[add, set_ref("dev", 1)]);
        assert_eq!(log(&next), Vec::<i64>::new());
        assert_eq!(next.current_snapshot_id(), None);
    }

    #[test]
    fn every_commit_adds_the_file_before_it_and_the_oldest_leave() {
        let mut metadata = table();
        let set = |max: &str| -> Update {
            let updates = json!({"write.metadata.previous-versions-max": max});
            crate::fixture::read(&json!({"action": "set-properties", "updates": updates}))
        };
        let mut commit = |max: &str, now: i64| -> Vec<String> {
            let file = format!("{now}.json");
            let context = ApplyContext { now_ms: NOW + now, previous_file: Some(&file) };
            let Applied::Changed(next) = apply(Some(&metadata), &[set(max)], context).unwrap() else { panic!() };
            metadata = next;
            metadata.metadata_log().unwrap().map(str::to_owned).collect()
        };
        assert_eq!(commit("2", 1), ["1.json"]);
        assert_eq!(commit("2", 2), ["1.json", "2.json"]);
        assert_eq!(commit("2", 3), ["2.json", "3.json"]);
        assert_eq!(commit("4", 4), ["2.json", "3.json", "4.json"]);
        assert_eq!(commit("1", 5), ["5.json"]);
        assert_eq!(commit("0", 6), ["6.json"]);
        assert_eq!(commit("-3", 7), ["7.json"]);
        assert_eq!(metadata.metadata_log_entries().unwrap()[0].timestamp_ms, NOW + 6);
    }

    #[test]
    fn a_hundred_files_are_kept_unless_told_otherwise() {
        let set = json!({"action": "set-properties", "updates": {"a": "b"}});
        let next = (0..105).fold(table(), |base, _| changed(&base, std::slice::from_ref(&set)));
        assert_eq!(next.metadata_log().unwrap().count(), 100);
        assert_eq!(next.metadata_log().unwrap().next(), Some(FILE));
    }
}
