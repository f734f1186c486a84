//! Files of tables, on disk or in buckets: read, write once, delete, list.
//!
//! A location is trusted only as far as this module's own rules go (roots, endpoints). Whether it lies under a
//! warehouse is asked before, by the handler.

mod error;
mod local;
mod place;
mod profile;
mod s3;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog_api::management::S3Credentials;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use moka::future::Cache;
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{GetResult, ObjectStore, ObjectStoreExt, PutMode};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

pub use error::FileError;
pub use profile::{Profile, S3Profile, WarehouseContext};
pub use s3::S3Error;

use crate::buffer::Buffer;
use crate::metrics::Metrics;
use crate::room::{Place as RoomFor, Room};
use crate::seal::Sealer;
use local::Roots;
use place::Place;
use s3::Endpoints;

/// A file that is larger, packed or unpacked, is not read into memory.
pub const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// How storage may be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageSettings {
    /// Directories below which `file://` is allowed.
    pub allow_file_roots: Vec<PathBuf>,
    /// What lies below one of them and is out of reach nevertheless.
    pub deny_file_roots: Vec<PathBuf>,
    /// S3 endpoints that warehouses may name.
    pub allowed_endpoints: Vec<String>,
    /// For one call, repetitions included.
    pub timeout: Duration,
}

/// Why storage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A root is not there.
    #[error("cannot use the file roots {roots:?}")]
    Roots {
        /// All that were given.
        roots: Vec<PathBuf>,
        /// Why not.
        source: std::io::Error,
    },
    /// An endpoint is none.
    #[error("cannot use the allowed endpoints")]
    Endpoints(#[source] S3Error),
}

/// The door to all files. Clones share the clients.
#[derive(Clone)]
pub struct Files {
    shared: Arc<Shared>,
}

struct Shared {
    roots: Roots,
    endpoints: Endpoints,
    timeout: Duration,
    sealer: Sealer,
    /// A new credential is a new version, so a new key; the clients of old ones leave after a while without use.
    clients: Cache<(i64, i64, String), AmazonS3>,
    metrics: Metrics,
}

impl Files {
    /// # Errors
    /// [`SetupError`].
    pub fn new(settings: &StorageSettings, sealer: Sealer, metrics: Metrics) -> Result<Self, SetupError> {
        let StorageSettings { allow_file_roots, deny_file_roots, allowed_endpoints, timeout } = settings;
        let roots = Roots::new(allow_file_roots, deny_file_roots)
            .map_err(|source| SetupError::Roots { roots: allow_file_roots.clone(), source })?;
        let endpoints = Endpoints::new(allowed_endpoints).map_err(SetupError::Endpoints)?;
        let clients = Cache::builder().max_capacity(1_000).time_to_idle(Duration::from_secs(600)).build();
        let shared = Shared { roots, endpoints, timeout: *timeout, sealer, clients, metrics };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn read(&self, warehouse: &WarehouseContext, location: &str) -> Result<Bytes, FileError> {
        let call = async {
            match Place::parse(location)? {
                Place::Disk(path) => self.on_disk(location, move |r, l| r.read(l, &path, MAX_FILE_BYTES)).await,
                Place::Bucket { bucket, key } => {
                    let (client, key) = self.in_bucket(warehouse, location, &bucket, &key).await?;
                    get(&client, location, &key).await
                }
            }
        };
        self.measured("read", location, call).await
    }

    /// Reads a whole file once there is room for it in memory, and takes that room.
    ///
    /// # Errors
    /// [`FileError`]; `NoRoom` if there is none in time.
    pub async fn read_into(
        &self,
        room: &Room,
        warehouse: &WarehouseContext,
        location: &str,
    ) -> Result<(Bytes, RoomFor), FileError> {
        let take = async |length| {
            check_length(location, length)?;
            room.take(length).await.map_err(|_| FileError::NoRoom { location: location.to_owned() })
        };
        let call = async {
            match Place::parse(location)? {
                Place::Disk(path) => {
                    let path = Arc::new(path);
                    let same = Arc::clone(&path);
                    let place = take(self.on_disk(location, move |r, l| r.length(l, &same)).await?).await?;
                    Ok((self.on_disk(location, move |r, l| r.read(l, &path, MAX_FILE_BYTES)).await?, place))
                }
                Place::Bucket { bucket, key } => {
                    let (client, key) = self.in_bucket(warehouse, location, &bucket, &key).await?;
                    let failed = |e| FileError::from_store(location, e);
                    let found = client.get(&key).await.map_err(failed)?;
                    let place = take(found.meta.size).await?;
                    Ok((receive(found, location).await?, place))
                }
            }
        };
        self.measured("read", location, call).await
    }

    /// Whether the file is there, without reading it.
    ///
    /// # Errors
    /// [`FileError`]; `NotFound` if it is not.
    pub async fn must_exist(&self, warehouse: &WarehouseContext, location: &str) -> Result<(), FileError> {
        let call = async {
            match Place::parse(location)? {
                Place::Disk(path) => self.on_disk(location, move |r, l| r.must_exist(l, &path)).await,
                Place::Bucket { bucket, key } => {
                    let (client, key) = self.in_bucket(warehouse, location, &bucket, &key).await?;
                    client.head(&key).await.map(drop).map_err(|e| FileError::from_store(location, e))
                }
            }
        };
        self.measured("stat", location, call).await
    }

    /// Writes a file that is not there yet. When this returns, the file survives a crash of the host. If it fails, the
    /// file may be there nevertheless.
    ///
    /// # Errors
    /// [`FileError`]; `Exists` if a file with other content is there.
    pub async fn write_new(&self, warehouse: &WarehouseContext, location: &str, bytes: Bytes) -> Result<(), FileError> {
        let call = async {
            match Place::parse(location)? {
                Place::Disk(path) => self.on_disk(location, move |r, l| r.write_new(l, &path, &bytes)).await,
                Place::Bucket { bucket, key } => {
                    let (client, key) = self.in_bucket(warehouse, location, &bucket, &key).await?;
                    put_new(&client, location, &key, bytes).await
                }
            }
        };
        self.measured("write", location, call).await
    }

    /// Creates a directory on a disk, with its missing parents. A bucket has no directories: nothing happens there.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn create_directory(&self, location: &str) -> Result<(), FileError> {
        let Place::Disk(path) = Place::parse(location)? else { return Ok(()) };
        let call = self.on_disk(location, move |r, l| r.create_directory(l, &path));
        self.measured("create_directory", location, call).await
    }

    /// Deletes a file. One that is not there is deleted already.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn delete(&self, warehouse: &WarehouseContext, location: &str) -> Result<(), FileError> {
        let call = async {
            match Place::parse(location)? {
                Place::Disk(path) => self.on_disk(location, move |r, l| r.delete(l, &path)).await,
                Place::Bucket { bucket, key } => {
                    let (client, key) = self.in_bucket(warehouse, location, &bucket, &key).await?;
                    match client.delete(&key).await {
                        Err(object_store::Error::NotFound { .. }) => Ok(()),
                        result => result.map_err(|e| FileError::from_store(location, e)),
                    }
                }
            }
        };
        self.measured("delete", location, call).await
    }

    /// Deletes many files, at most so many that it fits the time of one call. Those that are not there are deleted
    /// already; of the others, some may be deleted when it fails.
    ///
    /// # Errors
    /// [`FileError`], of the first that could not be deleted.
    pub async fn delete_all(&self, warehouse: &WarehouseContext, locations: Vec<String>) -> Result<(), FileError> {
        let Some(first) = locations.first().cloned() else { return Ok(()) };
        let (mut disk, mut buckets) = (Vec::new(), BTreeMap::<String, Vec<Key>>::new());
        for location in locations {
            match Place::parse(&location)? {
                Place::Disk(path) => disk.push((location, path)),
                Place::Bucket { bucket, key } => {
                    let key = Key::parse(&key).map_err(|e| FileError::not_allowed(&location, e.to_string()))?;
                    buckets.entry(bucket).or_default().push(key);
                }
            }
        }
        let call = async {
            let all = move |r: &Roots, _: &str| disk.iter().try_for_each(|(location, path)| r.delete(location, path));
            self.on_disk(&first, all).await?;
            for (bucket, keys) in buckets {
                delete_keys(&self.client(warehouse, &bucket).await?, &bucket, keys).await?;
            }
            Ok(())
        };
        self.measured("delete_all", &first, call).await
    }

    /// The files directly in a directory (a prefix, in a bucket), as locations. None if it is not there.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn list(&self, warehouse: &WarehouseContext, directory: &str) -> Result<Vec<String>, FileError> {
        let call = async {
            match Place::parse(directory)? {
                Place::Disk(path) => self.on_disk(directory, move |r, l| r.list(l, &path)).await,
                Place::Bucket { bucket, key } => {
                    let (client, key) = self.in_bucket(warehouse, directory, &bucket, &key).await?;
                    let found = client.list_with_delimiter(Some(&key)).await;
                    let found = found.map_err(|e| FileError::from_store(directory, e))?.objects;
                    Ok(found.iter().filter_map(|o| o.location.filename().map(str::to_owned)).collect())
                }
            }
        };
        let names = self.measured("list", directory, call).await?;
        let directory = directory.trim_end_matches('/');
        Ok(names.into_iter().map(|name| format!("{directory}/{name}")).collect())
    }

    /// Checks the settings of a profile that came from outside, before it is stored.
    ///
    /// # Errors
    /// [`S3Error`].
    pub fn admit(&self, profile: &S3Profile) -> Result<(), S3Error> {
        self.shared.endpoints.admit(profile)
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        location: &str,
        work: impl FnOnce(&Roots, &str) -> Result<T, FileError> + Send + 'static,
    ) -> Result<T, FileError> {
        let (shared, text) = (Arc::clone(&self.shared), location.to_owned());
        let done = spawn_blocking(move || work(&shared.roots, &text)).await;
        done.unwrap_or_else(|e| Err(FileError::unavailable(location, e)))
    }

    async fn in_bucket(
        &self,
        warehouse: &WarehouseContext,
        location: &str,
        bucket: &str,
        key: &str,
    ) -> Result<(AmazonS3, Key), FileError> {
        let key = Key::parse(key).map_err(|e| FileError::not_allowed(location, e.to_string()))?;
        Ok((self.client(warehouse, bucket).await?, key))
    }

    async fn client(&self, warehouse: &WarehouseContext, bucket: &str) -> Result<AmazonS3, FileError> {
        let cache_key = (warehouse.row.id, warehouse.row.version, bucket.to_owned());
        if let Some(client) = self.shared.clients.get(&cache_key).await {
            return Ok(client);
        }
        let client = self.connect(warehouse, bucket)?;
        // A warehouse that is only probed has no row yet.
        if warehouse.row.id != PROBED {
            self.shared.clients.insert(cache_key, client.clone()).await;
        }
        Ok(client)
    }

    fn connect(&self, warehouse: &WarehouseContext, bucket: &str) -> Result<AmazonS3, FileError> {
        let name = &warehouse.row.name;
        let unusable = |source| FileError::Unusable { warehouse: name.clone(), source };
        let profile = warehouse.profile.s3.clone().ok_or_else(|| unusable("it has no storage.s3".into()))?;
        if warehouse.row.credential.is_none() && profile.endpoint.is_none() {
            return Err(unusable("it has no credentials, and nothing goes to Amazon unsigned".into()));
        }
        self.shared.endpoints.admit(&profile).map_err(|e| unusable(e.into()))?;
        let keys = match &warehouse.row.credential {
            None => None,
            Some(sealed) => {
                let opened = self.shared.sealer.open(sealed, name).map_err(|e| unusable(e.into()))?;
                // The parser's error could quote the credential.
                let keys = serde_json::from_slice::<S3Credentials>(&opened);
                Some(keys.map_err(|_| unusable("the sealed credential does not parse".into()))?)
            }
        };
        s3::connect(&profile, keys, bucket, self.shared.timeout).map_err(|e| unusable(e.into()))
    }

    async fn measured<T>(
        &self,
        operation: &'static str,
        location: &str,
        call: impl Future<Output = Result<T, FileError>>,
    ) -> Result<T, FileError> {
        let result = match timeout(self.shared.timeout, call).await {
            Ok(result) => result,
            Err(elapsed) => Err(FileError::unavailable(location, elapsed)),
        };
        self.shared.metrics.storage_call(operation, result.as_ref().err().map_or("ok", FileError::label));
        result
    }
}

/// The row id of a warehouse that is not stored yet.
pub const PROBED: i64 = 0;

async fn get(client: &AmazonS3, location: &str, key: &Key) -> Result<Bytes, FileError> {
    let failed = |e| FileError::from_store(location, e);
    let found = client.get(key).await.map_err(failed)?;
    check_length(location, found.meta.size)?;
    receive(found, location).await
}

async fn receive(found: GetResult, location: &str) -> Result<Bytes, FileError> {
    let io_error = |e| FileError::from_io(location, e);
    let mut buffer = Buffer::new(found.meta.size).map_err(io_error)?;
    let mut pieces = found.into_stream();
    while let Some(piece) = pieces.try_next().await.map_err(|e| FileError::from_store(location, e))? {
        buffer.push(&piece).map_err(io_error)?;
    }
    Ok(buffer.into_bytes())
}

fn check_length(location: &str, length: u64) -> Result<(), FileError> {
    if length > MAX_FILE_BYTES {
        return Err(FileError::not_allowed(location, format!("it is larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(())
}

async fn delete_keys(client: &AmazonS3, bucket: &str, keys: Vec<Key>) -> Result<(), FileError> {
    let mut deleted = client.delete_stream(stream::iter(keys.into_iter().map(Ok)).boxed());
    while let Some(one) = deleted.next().await {
        match one {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(FileError::from_store(&format!("s3://{bucket}/"), error)),
        }
    }
    Ok(())
}

/// A repetition after a lost answer finds its own file: that is a success.
async fn put_new(client: &AmazonS3, location: &str, key: &Key, bytes: Bytes) -> Result<(), FileError> {
    let written = client.put_opts(key, bytes.clone().into(), PutMode::Create.into()).await;
    match written.map_err(|e| FileError::from_store(location, e)) {
        Err(FileError::Exists { location: _ }) if has_content(client, location, key, &bytes).await? => Ok(()),
        result => result.map(|_| ()),
    }
}

/// A file of another length is not received.
async fn has_content(client: &AmazonS3, location: &str, key: &Key, bytes: &Bytes) -> Result<bool, FileError> {
    let found = client.get(key).await.map_err(|e| FileError::from_store(location, e))?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(found.meta.size == length && receive(found, location).await? == *bytes)
}
