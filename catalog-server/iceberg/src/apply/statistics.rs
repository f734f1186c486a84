//! Statistics files: at most one of each kind for a snapshot.

use crate::apply::Draft;
use crate::metadata::StatisticsFile;

impl Draft<'_> {
    pub(super) fn set_statistics(&mut self, file: &StatisticsFile) {
        set(&mut self.metadata.statistics, file);
        self.changed = true;
    }

    pub(super) fn set_partition_statistics(&mut self, file: &StatisticsFile) {
        set(&mut self.metadata.partition_statistics, file);
        self.changed = true;
    }

    pub(super) fn remove_statistics(&mut self, snapshot_id: i64) {
        self.changed |= remove(&mut self.metadata.statistics, snapshot_id);
    }

    pub(super) fn remove_partition_statistics(&mut self, snapshot_id: i64) {
        self.changed |= remove(&mut self.metadata.partition_statistics, snapshot_id);
    }
}

/// The new file takes the place of the old one.
fn set(files: &mut Vec<StatisticsFile>, file: &StatisticsFile) {
    let place = files.iter().position(|other| other.snapshot_id == file.snapshot_id);
    remove(files, file.snapshot_id);
    files.insert(place.unwrap_or(files.len()), file.clone());
}

fn remove(files: &mut Vec<StatisticsFile>, snapshot_id: i64) -> bool {
    let before = files.len();
    files.retain(|file| file.snapshot_id != snapshot_id);
    files.len() != before
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{changed, is_unchanged, table_with_snapshots};

    fn file(snapshot_id: i64, path: &str) -> Value {
        json!({"snapshot-id": snapshot_id, "statistics-path": path, "file-size-in-bytes": 1, "file-footer-size-in-bytes": 1, "blob-metadata": [], "x": 1})
    }

    #[test]
    fn a_snapshots_file_is_replaced_in_its_place() {
        for (kind, key) in [("statistics", "statistics"), ("partition-statistics", "partition-statistics")] {
            let set =
                |id: i64, path: &str| json!({"action": format!("set-{kind}"), "snapshot-id": id, key: file(id, path)});
            let base = changed(&table_with_snapshots(), &[set(1, "a"), set(2, "b")]);
            let written: Value = serde_json::from_slice(&changed(&base, &[set(1, "c")]).to_bytes()).unwrap();
            assert_eq!(written[key], json!([file(1, "c"), file(2, "b")]));
            let remove = [json!({"action": format!("remove-{kind}"), "snapshot-id": 1})];
            let removed = changed(&base, &remove);
            let written: Value = serde_json::from_slice(&removed.to_bytes()).unwrap();
            assert_eq!(written[key], json!([file(2, "b")]));
            assert!(is_unchanged(&removed, &remove));
        }
    }
}
