//! L2: the bytes of immutable metadata files by location. Never stale, since a location's content never changes.

use bytes::Bytes;
use moka::future::Cache;

/// Weighed in bytes. Clones share the content.
#[derive(Clone)]
pub struct MetadataCache {
    files: Cache<String, Bytes>,
}

impl MetadataCache {
    /// A cache of at most so many bytes.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        let weigh = |location: &String, bytes: &Bytes| {
            u32::try_from(location.len().saturating_add(bytes.len())).unwrap_or(u32::MAX)
        };
        Self { files: Cache::builder().max_capacity(max_bytes).weigher(weigh).build() }
    }

    /// The file, if it is there.
    pub async fn get(&self, location: &str) -> Option<Bytes> {
        self.files.get(location).await
    }

    /// Keeps a file that was just written or read.
    pub async fn insert(&self, location: String, bytes: Bytes) {
        self.files.insert(location, bytes).await;
    }
}
