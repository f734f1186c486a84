//! The directory of a lab. When it goes, the metadata files in it are checked as the Java reference reads them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// How far the times of a document may go back, as `TableMetadata` of the reference has it.
const ONE_MINUTE_MS: i64 = 60_000;

/// A temporary directory.
pub(crate) struct Directory(TempDir);

impl Directory {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            metadata_files(self.path()).iter().for_each(|file| check_times(file));
        }
    }
}

/// What the reference checks when it reads a table: no log goes back, and none is ahead of the table, by more than a
/// minute. Files that a test wrote itself need not be JSON.
fn check_times(file: &Path) {
    let Ok(metadata) = serde_json::from_slice::<Value>(&std::fs::read(file).unwrap_or_default()) else { return };
    let Some(updated) = metadata["last-updated-ms"].as_i64() else { return };
    for log in ["snapshot-log", "metadata-log"] {
        let entries = metadata[log].as_array().map(Vec::as_slice).unwrap_or_default();
        let times: Vec<i64> =
            entries.iter().filter_map(|entry| entry["timestamp-ms"].as_i64()).chain([updated]).collect();
        let is_sorted = times.windows(2).all(|pair| pair[1] - pair[0] >= -ONE_MINUTE_MS);
        assert!(is_sorted, "{log} of {} cannot be read by Java: {times:?}", file.display());
    }
}

/// All metadata files below a directory.
pub(crate) fn metadata_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let below = |path: PathBuf| if path.is_dir() { metadata_files(&path) } else { vec![path] };
    let all = entries.flat_map(|entry| below(entry.unwrap().path()));
    all.filter(|path| path.to_str().unwrap().ends_with(".metadata.json")).collect()
}
