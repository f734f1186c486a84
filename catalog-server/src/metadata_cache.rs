//! L2: the bytes of table metadata files, and of the answers that are made of them. Files never change, so an entry is
//! never stale; it leaves only for room.
//!
//! Filled at commit, create and register by the one who wrote or read the file; else at the first load. Many loads of a
//! table that is not there yet make one read (single flight). What is made of a file is made when it is first asked for.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use moka::future::Cache;

use crate::coding::Coding;
use crate::metrics::Metrics;
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

/// Weighed in bytes. Clones share the content.
#[derive(Clone)]
pub struct MetadataCache {
    files: Cache<Place, Bytes>,
    metrics: Metrics,
}

impl MetadataCache {
    /// A cache that holds at most so many bytes; 0 holds nothing.
    #[must_use]
    pub fn new(max_bytes: u64, metrics: Metrics) -> Self {
        let weigh = |(_, location, _): &Place, file: &Bytes| {
            u32::try_from(file.len() + location.len() + OVERHEAD).unwrap_or(u32::MAX)
        };
        Self { files: Cache::builder().max_capacity(max_bytes).weigher(weigh).build(), metrics }
    }

    /// The file, from the cache or by `read`, which only one of those who ask at the same time runs.
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

    /// What is made of a file, from the cache or by `make`, as [`Self::get_or_read`].
    ///
    /// # Errors
    /// What `make` says. An error is not kept.
    pub async fn get_or_make<E: Send + Sync + 'static>(
        &self,
        warehouse_id: i64,
        location: &str,
        form: Form,
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> Result<Bytes, Arc<E>> {
        let (found, hit) = self.look((warehouse_id, location.to_owned(), form), make).await;
        self.metrics.cache_answer(hit);
        found
    }

    async fn look<E: Send + Sync + 'static>(
        &self,
        place: Place,
        make: impl Future<Output = Result<Bytes, E>>,
    ) -> (Result<Bytes, Arc<E>>, bool) {
        let hit = AtomicBool::new(true);
        let make = async {
            hit.store(false, Ordering::Relaxed);
            make.await
        };
        let found = self.files.try_get_with(place, make).await;
        (found, hit.into_inner())
    }

    /// Keeps a file that was just written or read.
    pub async fn fill(&self, warehouse_id: i64, location: &str, file: Bytes) {
        self.files.insert((warehouse_id, location.to_owned(), Form::File), file).await;
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
    use std::sync::atomic::AtomicU32;

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
    async fn it_never_holds_much_more_than_it_may() {
        let cache = MetadataCache::new(50_000, Metrics::default());
        for n in 0..100 {
            cache.fill(1, &n.to_string(), Bytes::from(vec![0; 10_000])).await;
            cache.files.run_pending_tasks().await;
            assert!(cache.bytes() <= 50_000);
        }
    }
}
