//! Follows the feed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog_store::{CatalogStore, Feed, Result};
use futures::future::join;
use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};

use crate::entries::Entries;
use crate::trust::Trust;

/// Changes that one statement reads.
const PAGE: u32 = 1_000;
/// Between two attempts to listen.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Reads the feed; one at a time.
pub(crate) struct Feeding {
    store: Arc<dyn CatalogStore>,
    entries: Arc<Entries>,
    trust: Arc<Trust>,
    /// The last change that was forgotten; `None` before the first read, when nothing is kept yet.
    last: Mutex<Option<i64>>,
}

/// Keeps a [`CachedCatalogStore`](crate::CachedCatalogStore) coherent while it runs.
pub struct Follower {
    store: Arc<dyn CatalogStore>,
    feeding: Arc<Feeding>,
    poll: Duration,
    woken: Notify,
}

impl Feeding {
    pub(crate) fn new(store: Arc<dyn CatalogStore>, entries: Arc<Entries>, trust: Arc<Trust>) -> Self {
        Self { store, entries, trust, last: Mutex::new(None) }
    }

    /// Reads the feed to its end, and forgets what it tells.
    pub(crate) async fn read(&self) -> Result<()> {
        let mut last = self.last.lock().await;
        loop {
            let before = Instant::now();
            let feed = self.store.changes(last.unwrap_or(i64::MAX), PAGE).await?;
            let step = last.map_or(Step::End, |last| step(last, &feed));
            if step == Step::Missed {
                tracing::warn!(?last, newest = feed.newest, "missed changes of the feed: everything is forgotten");
                self.entries.forget_all();
            } else {
                feed.changes.iter().for_each(|change| self.entries.forget(change));
            }
            if step == Step::More {
                *last = feed.changes.last().map(|change| change.id);
                continue;
            }
            *last = Some(feed.newest);
            self.trust.verify(before);
            return Ok(());
        }
    }
}

/// Where a read of the feed has led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// To its end.
    End,
    /// There is more.
    More,
    /// Nowhere: changes were deleted that this replica never saw, or the database was put back to an older state.
    Missed,
}

fn step(last: i64, feed: &Feed) -> Step {
    let Feed { newest, changes } = feed;
    let without_gaps = changes.iter().zip(last + 1..).all(|(change, id)| change.id == id);
    let read = changes.last().map_or(last, |change| change.id);
    match without_gaps {
        true if read == *newest => Step::End,
        true if read < *newest && changes.len() == PAGE as usize => Step::More,
        _ => Step::Missed,
    }
}

impl Follower {
    pub(crate) fn new(store: Arc<dyn CatalogStore>, feeding: Arc<Feeding>, poll: Duration) -> Self {
        Self { store, feeding, poll, woken: Notify::new() }
    }

    /// Runs until it is dropped. Errors do not end it: it goes on trying, and nothing is answered from memory meanwhile.
    pub async fn run(self) {
        join(self.follow(), self.listen()).await;
    }

    async fn follow(&self) {
        let mut well = true;
        loop {
            let read = self.feeding.read().await;
            match &read {
                Ok(()) if !well => tracing::info!("the feed can be read again"),
                Err(error) if well => {
                    tracing::warn!(%error, "the feed cannot be read: soon nothing is answered from memory");
                }
                Ok(()) | Err(_) => (),
            }
            well = read.is_ok();
            // Awake or not, it looks: a wake-up may be lost.
            let _ = timeout(self.poll, self.woken.notified()).await;
        }
    }

    async fn listen(&self) {
        loop {
            if let Err(error) = self.wake().await {
                tracing::debug!(%error, "cannot listen to the feed: it is read once in a while");
            }
            sleep(LISTEN_AGAIN).await;
        }
    }

    async fn wake(&self) -> Result<()> {
        let mut wakes = self.store.listen().await?;
        loop {
            // At first, too: what was told before it listened.
            self.woken.notify_one();
            wakes.wake().await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use catalog_store::{Change, Topic};

    use super::*;

    fn feed(newest: i64, ids: impl IntoIterator<Item = i64>) -> Feed {
        let change = |id| Change { id, topic: Topic::Token, key: String::new() };
        Feed { newest, changes: ids.into_iter().map(change).collect() }
    }

    #[test]
    fn a_feed_is_read_to_its_end_or_something_was_missed() {
        assert_eq!(step(7, &feed(7, [])), Step::End);
        assert_eq!(step(7, &feed(9, [8, 9])), Step::End);
        assert_eq!(step(0, &feed(5_000, 1..=1_000)), Step::More);
        for missed in [feed(9, [9]), feed(9, []), feed(9, [8]), feed(5, []), feed(10, [8, 10])] {
            assert_eq!(step(7, &missed), Step::Missed, "{missed:?}");
        }
    }
}
