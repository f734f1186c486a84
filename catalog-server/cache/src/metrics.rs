//! What the cache counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    hits: AtomicU64,
    misses: AtomicU64,
    untrusted: AtomicU64,
    loads: AtomicU64,
    evictions: AtomicU64,
    invalidations: AtomicU64,
    resets: AtomicU64,
}

/// The counters at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were answered from memory.
    pub hits: u64,
    /// Requests that had to ask the database, or to wait for another one that did.
    pub misses: u64,
    /// Requests that asked the database since the feed could not be read for too long.
    pub untrusted: u64,
    /// Reads of the database that filled entries.
    pub loads: u64,
    /// Entries that left for room.
    pub evictions: u64,
    /// Changes of the feed that were followed.
    pub invalidations: u64,
    /// How often everything was forgotten, since changes of the feed were missed.
    pub resets: u64,
    /// What the entries weigh.
    pub bytes: u64,
    /// How old an answer from memory may be; `None` while nothing is answered from memory.
    pub age: Option<Duration>,
}

impl Metrics {
    pub(crate) fn hit(&self) {
        self.0.hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn miss(&self) {
        self.0.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn untrusted(&self) {
        self.0.untrusted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn load(&self) {
        self.0.loads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn evicted(&self) {
        self.0.evictions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn invalidated(&self) {
        self.0.invalidations.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reset(&self) {
        self.0.resets.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self, bytes: u64, age: Option<Duration>) -> Counts {
        let Cells { hits, misses, untrusted, loads, evictions, invalidations, resets } = &*self.0;
        let read = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        Counts {
            hits: read(hits),
            misses: read(misses),
            untrusted: read(untrusted),
            loads: read(loads),
            evictions: read(evictions),
            invalidations: read(invalidations),
            resets: read(resets),
            bytes,
            age,
        }
    }
}
