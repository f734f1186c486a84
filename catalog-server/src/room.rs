//! How many bytes of metadata may be in memory at once, be they in the cache, on their way to clients, or still to be
//! read. Who has no room waits for it, and is sent away after a while.
//!
//! It bounds the metadata, not the process: what parsing and new documents take is not counted.
//!
//! Why the cache's own bound is not enough: what leaves it stays in memory until the last answer that is made of it is
//! written, and what is read goes into memory before it goes into the cache.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// What is counted. Rounded down, so that what weighs nothing here may be in the cache as often as it likes.
const UNIT: usize = 1_024;
/// Beside the cache, at least.
const LEAST: usize = 16 * 1_024 * 1_024;
/// Documents at a time that are larger than all that is beside the cache. They are never kept in it.
const OVERSIZE: usize = 2;
/// How long to wait for room.
const PATIENCE: Duration = Duration::from_secs(5);

/// The room. Clones share it.
#[derive(Clone, Debug)]
pub struct Room {
    units: Arc<Semaphore>,
    /// Of what does not fit beside the cache there are [`OVERSIZE`] at a time.
    oversize: Arc<Semaphore>,
    beside: usize,
    patience: Duration,
}

/// There was no room in time.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server has no memory for more metadata now")]
pub struct NoRoom;

/// Room for something.
#[derive(Debug)]
pub struct Place {
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl Room {
    /// For a cache of so many bytes, and a quarter of it beside.
    #[must_use]
    pub fn new(cached: u64) -> Self {
        let cached = usize::try_from(cached).unwrap_or(usize::MAX / 2).min(Semaphore::MAX_PERMITS / 2);
        let beside = (cached / 4).max(LEAST);
        let (units, oversize) = (Semaphore::new((cached + beside) / UNIT), Semaphore::new(OVERSIZE));
        Self { units: Arc::new(units), oversize: Arc::new(oversize), beside, patience: PATIENCE }
    }

    /// True if so many bytes do not fit beside the cache.
    #[must_use]
    pub fn is_oversize(&self, bytes: usize) -> bool {
        bytes > self.beside
    }

    /// Room for so many bytes, as soon as it is there. What is larger than all that is beside the cache takes that, because
    /// the cache never leaves more, and there are few of these at a time, because they take more memory than is counted.
    ///
    /// # Errors
    /// [`NoRoom`].
    pub async fn take(&self, bytes: u64) -> Result<Place, NoRoom> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let acquire = async {
            let oversize = match self.is_oversize(bytes) {
                true => Some(Arc::clone(&self.oversize).acquire_owned().await.ok()?),
                false => None,
            };
            let units = Arc::clone(&self.units).acquire_many_owned(self.units_of(bytes)).await.ok()?;
            Some(Place { _permits: [Some(units), oversize] })
        };
        timeout(self.patience, acquire).await.ok().flatten().ok_or(NoRoom)
    }

    /// Room for so many bytes if it is there now.
    #[must_use]
    pub fn take_now(&self, bytes: usize) -> Option<Place> {
        let oversize = match self.is_oversize(bytes) {
            true => Some(Arc::clone(&self.oversize).try_acquire_owned().ok()?),
            false => None,
        };
        let units = Arc::clone(&self.units).try_acquire_many_owned(self.units_of(bytes)).ok()?;
        Some(Place { _permits: [Some(units), oversize] })
    }

    fn units_of(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.beside) / UNIT).unwrap_or(u32::MAX)
    }
}

impl Place {
    /// The bytes, which keep the place until nobody holds them any more.
    #[must_use]
    pub fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Held { bytes, _place: self })
    }
}

struct Held {
    bytes: Bytes,
    _place: Place,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: u64 = 1 << 20;

    #[tokio::test]
    async fn who_has_no_room_waits_until_the_last_holder_has_let_go() {
        let room = Room { patience: Duration::from_millis(100), ..Room::new(0) };
        let place = room.take(16 * MEBIBYTE).await.unwrap();
        assert!(room.take_now(UNIT).is_none());
        assert!(room.take(MEBIBYTE).await.is_err());
        let bytes = place.hold(Bytes::from_static(b"x"));
        let shared = bytes.clone();
        drop(bytes);
        assert!(room.take_now(UNIT).is_none());
        let waiting = tokio::spawn({
            let room = room.clone();
            async move { Room { patience: PATIENCE, ..room }.take(16 * MEBIBYTE).await.map(drop) }
        });
        tokio::task::yield_now().await;
        drop(shared);
        waiting.await.unwrap().unwrap();
    }

    #[test]
    fn few_documents_are_larger_than_all_room_beside_the_cache() {
        let room = Room::new(64 * MEBIBYTE);
        let large: Vec<Place> = (0..5).map_while(|_| room.take_now(1_000 << 20)).collect();
        assert_eq!(large.len(), OVERSIZE);
        // 64 MiB of cache and 16 beside it, less what the two have taken.
        let others: Vec<Place> = (0..5).map_while(|_| room.take_now(16 << 20)).collect();
        assert_eq!(others.len(), 3);
        assert!(room.take_now(UNIT).is_none());
        assert!(room.take_now(UNIT - 1).is_some());
        drop(large);
        assert!(room.take_now(1_000 << 20).is_some());
    }
}
