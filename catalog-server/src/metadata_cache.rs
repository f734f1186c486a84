//! L2: the bytes of table metadata files, and of the answers that are made of them. Files never change, so an entry is
//! never stale; it leaves only for room.
//!
//! Filled at commit, create and register by the one who wrote or read the file; else at the first load. Many loads of a
//! table that is not there yet make one read (single flight). What is made of a file is made when it is first asked for.
//!
//! What was used longest ago leaves first. How often something was used says nothing: each commit makes a file that
//! nobody has asked for yet, and that will be asked for next, while the one before it, asked for often, never will again.

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use moka::future::Cache;
use moka::policy::EvictionPolicy;

use crate::coding::Coding;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::room::{NoRoom, Room};
use crate::storage::FileError;

/// Bytes that an entry costs besides key and value: the cache's own records.
const OVERHEAD: usize = 200;

/// By warehouse and location: two warehouses may allow one location and have different credentials for it.
type Place = (i64, String, Form);

/// What is kept of a metadata file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Its JSON.
    File,
    /// Its JSON without the snapshots that no branch or tag names.
    Refs,
    /// The whole answer to a load, compressed.
    Answer {
        /// Whether it is made of [`Form::Refs`].
        refs: bool,
        /// The version of the warehouse's settings that stand beside the metadata.
        settings: i64,
        /// As it is sent.
        coding: Coding,
    },
}

/// An answer that is the same each time: an extension of the response, for those who want to keep it in another form.
#[derive(Clone, Debug)]
pub struct Lasting {
    /// Of the file.
    pub warehouse_id: i64,
    /// The file.
    pub location: String,
    /// As in [`Form::Answer`].
    pub refs: bool,
    /// As in [`Form::Answer`].
    pub settings: i64,
}

/// What an entry holds, until it leaves: the cache itself frees entries once no thread looks anything up, which may be a
/// second later, and who waits for room would wait for that.
struct Kept(Mutex<Option<Bytes>>);

impl Kept {
    fn new(bytes: Bytes) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(bytes))))
    }

    /// `None` once it has left.
    fn bytes(&self) -> Option<Bytes> {
        self.lock().clone()
    }

    fn let_go(&self) {
        drop(self.lock().take());
    }

    fn lock(&self) -> MutexGuard<'_, Option<Bytes>> {
        // It is never left half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Weighed in bytes. Clones share the content.
#[derive(Clone)]
pub struct MetadataCache {
    files: Cache<Place, Arc<Kept>>,
    room: Room,
    metrics: Metrics,
}

/// Why there is nothing that is made of a file.
#[derive(Debug, thiserror::Error)]
pub enum MakeError<E> {
    /// There was no room for it in time.
    #[error(transparent)]
    NoRoom(NoRoom),
    /// It cannot be made.
    #[error(transparent)]
    Failed(E),
}

impl<E: Error + Send + Sync + 'static> From<Arc<MakeError<E>>> for ApiError {
    fn from(error: Arc<MakeError<E>>) -> Self {
        match &*error {
            MakeError::NoRoom(none) => Self::unavailable(none.to_string()),
            MakeError::Failed(_) => Self::internal(error),
        }
    }
}

impl MetadataCache {
    /// A cache that holds at most so many bytes; 0 holds nothing.
    #[must_use]
    pub fn new(max_bytes: u64, metrics: Metrics) -> Self {
        let room = Room::new(max_bytes);
        let oversize = room.clone();
        let weigh = move |(_, location, _): &Place, kept: &Arc<Kept>| {
            let length = kept.bytes().map_or(0, |bytes| bytes.len());
            // Kept, it would keep others of its size from ever being read.
            if oversize.is_oversize(length) {
                return u32::MAX;
            }
            u32::try_from(length + location.len() + OVERHEAD).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(max_bytes).weigher(weigh).eviction_policy(EvictionPolicy::lru());
        let files = cache.eviction_listener(|_, kept, _| kept.let_go()).build();
        Self { files, room, metrics }
    }

    /// The room that all content has to take, also while it is on its way to a client.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The file, from the cache or by `read`, which only one of those who ask at the same time runs, and which takes the
    /// room.
    ///
    /// # Errors
    /// What `read` says. An error is not kept.
    pub async fn get_or_read(
        &self,
        warehouse_id: i64,
        location: &str,
        read: impl Future<Output = Result<Bytes, FileError>>,
    ) -> Result<Bytes, Arc<FileError>> {
        let (found, hit) = self.look((warehouse_id, location.to_owned(), Form::File), read).await;
        self.metrics.cache_look(hit);
        found
    }

    /// Returns whether the file is in the cache. It does not count as a use.
    #[must_use]
    pub fn contains(&self, warehouse_id: i64, location: &str) -> bool {
        self.files.contains_key(&(warehouse_id, location.to_owned(), Form::File))
    }

    /// What is made of a file, from the cache or by `make`, as [`Self::get_or_read`]. The room is taken here: how much it
    /// is, is known afterwards.
    ///
    /// # Errors
    /// [`MakeError`]. An error is not kept.
    pub async fn get_or_make<E: Send + Sync + 'static>(
        &self,
        warehouse_id: i64,
        location: &str,
        form: Form,
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Bytes, Arc<MakeError<E>>> {
        let make = async {
            let made = make.await.map_err(MakeError::Failed)?;
            let place = self.room.take(made.len() as u64).await.map_err(MakeError::NoRoom)?;
            Ok(place.hold(made))
        };
        let (found, hit) = self.look((warehouse_id, location.to_owned(), form), make).await;
        self.metrics.cache_answer(hit);
        found
    }

    async fn look<E: Send + Sync + 'static>(
        &self,
        place: Place,
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> (Result<Bytes, Arc<E>>, bool) {
        let (mut make, mut made) = (pin!(make), None);
        let attempt = async {
            let bytes = make.as_mut().await?;
            made = Some(bytes.clone());
            Ok(Kept::new(bytes))
        };
        let found = self.files.try_get_with(place, attempt).await;
        if let Some(bytes) = made {
            self.make_room().await;
            return (Ok(bytes), false);
        }
        match found.map(|kept| kept.bytes()) {
            Ok(Some(bytes)) => (Ok(bytes), true),
            // It has left since it was found: there is no room to keep it, and nothing to wait for.
            Ok(None) => (make.await.map_err(Arc::new), false),
            Err(error) => (Err(error), false),
        }
    }

    /// Lets go at once of what is too much. By itself, the cache would do so after 64 new entries or a third of a second:
    /// that may be hundreds of megabytes later.
    async fn make_room(&self) {
        self.files.run_pending_tasks().await;
    }

    /// Keeps a file that was just written, if there is room for it now.
    pub async fn fill(&self, warehouse_id: i64, location: &str, file: Bytes) {
        if let Some(place) = self.room.take_now(file.len()) {
            self.fill_read(warehouse_id, location, place.hold(file)).await;
        }
    }

    /// Keeps a file that was just read, and has its room.
    pub async fn fill_read(&self, warehouse_id: i64, location: &str, file: Bytes) {
        self.files.insert((warehouse_id, location.to_owned(), Form::File), Kept::new(file)).await;
        self.make_room().await;
    }

    /// The bytes that it holds, after its housekeeping.
    pub async fn settled_bytes(&self) -> u64 {
        self.files.run_pending_tasks().await;
        self.bytes()
    }

    /// The bytes that it holds now, roughly: housekeeping lags behind.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn yes() -> Result<Bytes, FileError> {
        Ok(Bytes::from_static(b"{}"))
    }

    async fn never() -> Result<Bytes, FileError> {
        unreachable!("it is in the cache")
    }

    fn gone() -> FileError {
        FileError::NotFound { location: "l".into() }
    }

    #[tokio::test]
    async fn a_file_is_read_once_and_another_warehouse_reads_it_itself() {
        let metrics = Metrics::default();
        let cache = MetadataCache::new(10_000, metrics.clone());
        cache.get_or_read(1, "l", yes()).await.unwrap();
        cache.get_or_read(1, "l", never()).await.unwrap();
        cache.fill(3, "l", Bytes::new()).await;
        cache.get_or_read(3, "l", never()).await.unwrap();
        cache.get_or_read(2, "l", async { Err(gone()) }).await.unwrap_err();
        let text = metrics.encode();
        assert!(text.contains(r#"lookups_total{result="hit"} 2"#), "{text}");
        assert!(text.contains(r#"lookups_total{result="miss"} 2"#), "{text}");
    }

    #[tokio::test]
    async fn what_is_made_of_a_file_is_kept_beside_it_by_form() {
        let metrics = Metrics::default();
        let cache = MetadataCache::new(10_000, metrics.clone());
        cache.fill(1, "l", Bytes::from_static(b"file")).await;
        let answer = |refs, settings, coding| Form::Answer { refs, settings, coding };
        let forms = [
            Form::Refs,
            answer(false, 1, Coding::Gzip),
            answer(false, 1, Coding::Zstd),
            answer(true, 1, Coding::Gzip),
            answer(false, 2, Coding::Gzip),
        ];
        for (n, form) in forms.into_iter().enumerate() {
            let made = async { Ok::<_, io::Error>(n.to_string().into()) };
            cache.get_or_make(1, "l", form, made).await.unwrap();
        }
        for (n, form) in forms.into_iter().enumerate() {
            let never = async { Err(io::Error::other("it is in the cache")) };
            assert_eq!(cache.get_or_make(1, "l", form, never).await.unwrap(), n.to_string());
        }
        assert_eq!(cache.get_or_read(1, "l", never()).await.unwrap(), "file");
        let text = metrics.encode();
        assert!(text.contains(r#"answers_total{result="hit"} 5"#), "{text}");
        assert!(text.contains(r#"answers_total{result="miss"} 5"#), "{text}");
    }

    #[tokio::test]
    async fn many_who_ask_at_once_make_one_read() {
        let (cache, reads) = (MetadataCache::new(10_000, Metrics::default()), AtomicU32::new(0));
        let read = || async {
            reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            yes().await
        };
        futures::future::join_all((0..20).map(|_| cache.get_or_read(1, "l", read()))).await;
        assert_eq!(reads.into_inner(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = MetadataCache::new(10_000, Metrics::default());
        cache.get_or_read(1, "l", async { Err(gone()) }).await.unwrap_err();
        assert!(cache.get_or_read(1, "l", yes()).await.is_ok());
    }

    #[tokio::test]
    async fn what_was_just_written_is_kept_however_often_what_was_there_before_has_been_read() {
        let cache = MetadataCache::new(50_000, Metrics::default());
        let file = || Bytes::from(vec![0; 10_000]);
        for _ in 0..20 {
            for table in ["a", "b", "c", "d"] {
                cache.get_or_read(1, table, async { Ok(file()) }).await.unwrap();
            }
        }
        for commit in 0..20 {
            let location = commit.to_string();
            cache.fill(1, &location, file()).await;
            cache.get_or_read(1, &location, never()).await.unwrap();
        }
    }

    /// A file that tells that it is there.
    struct Alive(Arc<AtomicU32>);

    const LENGTH: u32 = 10_000;

    impl Alive {
        fn file(count: &Arc<AtomicU32>) -> Bytes {
            count.fetch_add(1, Ordering::SeqCst);
            Bytes::from_owner(Self(Arc::clone(count)))
        }
    }

    impl AsRef<[u8]> for Alive {
        fn as_ref(&self) -> &[u8] {
            &[0; LENGTH as usize]
        }
    }

    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn it_never_holds_more_than_it_may_even_between_two_sweeps_of_its_own() {
        let (cache, alive) = (MetadataCache::new(50_000, Metrics::default()), Arc::new(AtomicU32::new(0)));
        for n in 0..60 {
            match n % 2 {
                0 => cache.fill(1, &n.to_string(), Alive::file(&alive)).await,
                _ => drop(cache.get_or_read(1, &n.to_string(), async { Ok(Alive::file(&alive)) }).await.unwrap()),
            }
            assert!(alive.load(Ordering::SeqCst) * LENGTH <= 50_000, "{alive:?} files after {n}");
        }
    }
}
