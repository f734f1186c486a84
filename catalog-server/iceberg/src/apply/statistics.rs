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
