//! The files of one purge, deleted in batches and counted.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use iceberg_model::{SnapshotHead, TableMetadata};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::manifests::{self, Entry, Manifest, Unreadable};
use super::own::Own;
use crate::app::App;
use crate::error::ApiError;
use crate::storage::{FileError, WarehouseContext};

/// Manifests that are in memory at the same time.
const PARALLEL: usize = 4;
/// Files that one call deletes: what S3 takes.
const BATCH: usize = 1_000;

/// How many files it came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    deleted: AtomicU64,
    kept: AtomicU64,
}

impl Tally {
    pub(super) fn deleted(&self) -> u64 {
        self.deleted.load(Ordering::Relaxed)
    }

    /// Those whose owner is not certain.
    pub(super) fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }
}

/// Goes through what a table's metadata names.
pub(super) struct Walk<'a> {
    app: &'a App,
    warehouse: &'a WarehouseContext,
    own: &'a Own,
    /// Data and delete files go, too.
    data: bool,
    tally: Tally,
    /// Hashes of the manifests that are done: most stand in many lists. Two with one hash would leave a file behind.
    done: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

/// A file of statistics, of a snapshot or of its partitions.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Statistics {
    statistics_path: String,
}

impl<'a> Walk<'a> {
    pub(super) fn new(app: &'a App, warehouse: &'a WarehouseContext, own: &'a Own, data: bool) -> Self {
        Self { app, warehouse, own, data, tally: Tally::default(), done: Mutex::default(), hasher: RandomState::new() }
    }

    pub(super) fn into_tally(self) -> Tally {
        self.tally
    }

    /// All snapshots of a table with their statistics, but not its metadata.
    pub(super) async fn table(&self, table: &TableMetadata) -> Result<(), ApiError> {
        for snapshot in table.snapshots().map_err(ApiError::internal)? {
            self.snapshot(&snapshot.head().map_err(ApiError::internal)?).await?;
        }
        let all = table.statistics().iter().chain(table.partition_statistics());
        let files = all.filter_map(|one| {
            let Statistics { statistics_path } = serde_json::from_str(one.json()).ok()?;
            Some((statistics_path, Some(one.snapshot_id())))
        });
        self.delete(files.collect()).await
    }

    /// Metadata files that are the table's own if they lie in its place.
    pub(super) async fn metadata(&self, locations: Vec<&String>) -> Result<(), ApiError> {
        let count = locations.len();
        let addresses: Vec<String> = locations.into_iter().filter_map(|l| self.own.within(l)).collect();
        self.keep((count - addresses.len()) as u64);
        self.gone(addresses).await
    }

    /// Counts files that stay.
    pub(super) fn keep(&self, count: u64) {
        self.tally.kept.fetch_add(count, Ordering::Relaxed);
        self.app.metrics.purge_files("kept", count);
    }

    async fn snapshot(&self, head: &SnapshotHead) -> Result<(), ApiError> {
        let added_by = Some(head.id);
        let Some(list) = &head.manifest_list else {
            let all = head.manifests.iter().map(|location| Manifest { location: location.clone(), added_by });
            return self.manifests(all.collect()).await.map(drop);
        };
        if self.own.address(list, added_by).is_none() {
            self.keep(1);
            return Ok(());
        }
        let Some(bytes) = self.read(list).await? else { return Ok(()) };
        let whole = match manifests::of_list(&bytes) {
            Ok(manifests) => self.manifests(manifests).await?,
            Err(error) => self.unreadable(list, &error),
        };
        if whole { self.delete(vec![(list.clone(), added_by)]).await } else { Ok(()) }
    }

    /// True if all that they name is dealt with.
    async fn manifests(&self, manifests: Vec<Manifest>) -> Result<bool, ApiError> {
        let work = manifests.into_iter().filter(|manifest| self.is_new(manifest)).map(|m| self.manifest(m));
        let done = stream::iter(work).buffer_unordered(PARALLEL);
        done.try_fold(true, |whole, one| async move { Ok(whole && one) }).await
    }

    fn is_new(&self, manifest: &Manifest) -> bool {
        let hash = self.hasher.hash_one(&manifest.location);
        self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(hash)
    }

    /// What a manifest names, and then the manifest.
    async fn manifest(&self, manifest: Manifest) -> Result<bool, ApiError> {
        let Manifest { location, added_by } = manifest;
        // One that came with a registered table names nothing that came later.
        if self.own.address(&location, added_by).is_none() {
            self.keep(1);
            return Ok(true);
        }
        if !self.data {
            return self.delete(vec![(location, added_by)]).await.map(|()| true);
        }
        let Some(bytes) = self.read(&location).await? else { return Ok(true) };
        let (send, mut batches) = mpsc::channel(1);
        let reading = spawn_blocking(move || read_entries(&bytes, &send));
        while let Some(batch) = batches.recv().await {
            let batch: Vec<Entry> = batch;
            self.delete(batch.into_iter().map(|e| (e.location, e.added_by.or(added_by))).collect()).await?;
        }
        match reading.await.map_err(ApiError::internal)? {
            Ok(()) => self.delete(vec![(location, added_by)]).await.map(|()| true),
            Err(error) => Ok(self.unreadable(&location, &error)),
        }
    }

    /// Keeps it, for it alone tells what it names.
    fn unreadable(&self, location: &str, error: &Unreadable) -> bool {
        self.keep(1);
        let error: &dyn std::error::Error = error;
        tracing::warn!(location, error, "what a purged table's manifest names is left behind: it cannot be read");
        false
    }

    /// `None` if it is not there: then all that it names is gone.
    async fn read(&self, location: &str) -> Result<Option<Bytes>, ApiError> {
        let Some(address) = self.own.within(location) else { return Ok(None) };
        match self.app.files.read(self.warehouse, &address).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FileError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes what is the table's own of these files, each with the snapshot that added it.
    async fn delete(&self, files: Vec<(String, Option<i64>)>) -> Result<(), ApiError> {
        let count = files.len();
        let addresses: Vec<String> =
            files.into_iter().filter_map(|(location, snapshot)| self.own.address(&location, snapshot)).collect();
        self.keep((count - addresses.len()) as u64);
        self.gone(addresses).await
    }

    async fn gone(&self, addresses: Vec<String>) -> Result<(), ApiError> {
        let count = addresses.len() as u64;
        self.app.files.delete_all(self.warehouse, addresses).await?;
        self.tally.deleted.fetch_add(count, Ordering::Relaxed);
        self.app.metrics.purge_files("deleted", count);
        Ok(())
    }
}

/// Sends the entries in batches, so that a manifest of any length takes the room of one.
fn read_entries(bytes: &[u8], batches: &mpsc::Sender<Vec<Entry>>) -> Result<(), Unreadable> {
    let mut entries = manifests::entries(bytes)?.peekable();
    while entries.peek().is_some() {
        let batch = entries.by_ref().take(BATCH).collect::<Result<Vec<_>, _>>()?;
        if batches.blocking_send(batch).is_err() {
            break;
        }
    }
    Ok(())
}
