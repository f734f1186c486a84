//! L1 of the cached store stack: a [`CatalogStore`] that keeps in memory what each request asks first, who calls, which
//! warehouse, which ref, so that a warm request asks the database for the table's pointer alone.
//!
//! Only [`AccessStore::access`](catalog_store::AccessStore::access) and the name of a ref in
//! [`RefStore::resolve`](catalog_store::RefStore::resolve) are answered from memory; all else goes through to the store
//! (`forward`). What is kept of a ref is what is immutable or rare, never its head: a commit is visible to the next read
//! on any replica.
//!
//! **Coherence.** A mutation of what is kept writes to the feed in its own transaction. A [`Follower`] reads the feed once
//! a second, and at once when it is woken, and forgets what it is told of; a replica's own mutations are forgotten before
//! they are answered. An entry that was read from the database while its change was on its way is not kept ([`fences`]), and
//! of two reads the earlier never replaces the later, whichever ends first.
//! So an answer from memory is never older than the last time that the feed was read. If that is longer ago than
//! [`Options::bound`], nothing is answered from memory: each request asks the database, and is refused if that does not
//! answer.

mod access;
mod entries;
mod fences;
mod flights;
mod follower;
mod forward;
mod metrics;
mod trust;

use std::sync::Arc;
use std::time::Duration;

use catalog_store::{CatalogStore, Result};

use entries::Entries;
use flights::Flights;
use follower::Feeding;
use trust::Trust;

pub use follower::Follower;
pub use metrics::{Counts, Metrics};

/// How much is kept, and how old it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the entries may weigh, in bytes, for tokens, warehouses and refs each; 0 keeps nothing.
    pub bytes: u64,
    /// Nothing older is answered from memory.
    pub bound: Duration,
    /// Between two reads of the feed, at most. Less than `bound`.
    pub poll: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024, bound: Duration::from_secs(2), poll: Duration::from_secs(1) }
    }
}

/// Decorates a store. Nothing is answered from memory before [`Follower::run`] runs.
pub struct CachedCatalogStore {
    store: Arc<dyn CatalogStore>,
    entries: Arc<Entries>,
    flights: Flights,
    feeding: Arc<Feeding>,
    trust: Arc<Trust>,
    metrics: Metrics,
}

impl CachedCatalogStore {
    /// The decorated store, and what keeps it coherent.
    #[must_use]
    pub fn new(store: Arc<dyn CatalogStore>, options: Options) -> (Self, Follower) {
        let Options { bytes, bound, poll } = options;
        let metrics = Metrics::default();
        let entries = Arc::new(Entries::new(bytes, metrics.clone()));
        let trust = Arc::new(Trust::new(bound));
        let feeding = Arc::new(Feeding::new(Arc::clone(&store), Arc::clone(&entries), Arc::clone(&trust)));
        let follower = Follower::new(Arc::clone(&store), Arc::clone(&feeding), poll);
        (Self { store, entries, flights: Flights::default(), feeding, trust, metrics }, follower)
    }

    /// What it does, for monitoring.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.metrics.counts(self.entries.bytes(), self.trust.age())
    }

    /// Ends a mutation of what is kept, however it went: what the feed says of it is forgotten before it is answered.
    async fn told<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error) = self.feeding.read().await {
            self.trust.withdraw();
            tracing::warn!(%error, "could not read the feed after a change: nothing is answered from memory until it can be read");
        }
        result
    }
}
