//! The settings of a server: a plain struct, readable from YAML. Secrets stand in files that it names, never in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use catalog_store::{Warehouse, Window};
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as duration;
use serde::{Deserialize, Serialize};

/// Everything that a server can be told. Durations in YAML are written as `30s`, `10m`, `24h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where clients connect: the Iceberg and the management API. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate that clients see. Absent: plain HTTP.
    pub tls: Option<Tls>,
    /// Where the platform connects: `/livez /readyz /metrics`, without credentials and always plain HTTP.
    pub platform_listen: SocketAddr,
    /// What holds the catalog.
    pub database: Database,
    /// SHA-256 of the admin tokens, a hexadecimal line each; read again when it changes. Absent: no admin.
    pub admin_hashes_file: Option<PathBuf>,
    /// The keys that seal storage credentials, see [`crate::Sealer`]. Absent: no credential is accepted.
    pub seal_key_file: Option<PathBuf>,
    /// Directories below which `file://` is allowed. None: nowhere.
    pub allow_file_root: Vec<PathBuf>,
    /// Directories and files that `file://` never reaches, although they lie below an allowed one.
    pub deny_file_root: Vec<PathBuf>,
    /// S3 endpoints that warehouses may name. Amazon's own need not be named.
    pub allowed_endpoints: Vec<String>,
    /// What the cached metadata files may weigh.
    pub metadata_cache_bytes: u64,
    /// What is kept of tokens, warehouses and refs.
    pub access_cache: AccessCache,
    /// What one client may ask for.
    pub limits: Limits,
    /// How long one call of the storage may take, repetitions included.
    #[serde(with = "duration")]
    pub storage_timeout: Duration,
    /// How long the server goes on as before after it was told to stop, but says on `/readyz` that it is leaving and asks
    /// clients to connect anew: a cluster's Services take a moment to send them elsewhere.
    #[serde(with = "duration")]
    pub drain_delay: Duration,
    /// How long requests in work may go on after the server was told to stop.
    #[serde(with = "duration")]
    pub shutdown_grace: Duration,
    /// How much of the past stays in sight.
    pub retention: Retention,
    /// Background tasks.
    pub sweeps: Sweeps,
    /// What the binary writes to its standard error.
    pub log: Log,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8181).into(),
            tls: None,
            platform_listen: (Ipv4Addr::LOCALHOST, 8182).into(),
            database: Database::Sqlite { path: "catalog.sqlite".into() },
            admin_hashes_file: None,
            seal_key_file: None,
            allow_file_root: Vec::new(),
            deny_file_root: Vec::new(),
            allowed_endpoints: Vec::new(),
            metadata_cache_bytes: 128 * 1024 * 1024,
            access_cache: AccessCache::default(),
            limits: Limits::default(),
            storage_timeout: Duration::from_secs(20),
            drain_delay: Duration::ZERO,
            shutdown_grace: Duration::from_secs(20),
            retention: Retention::default(),
            sweeps: Sweeps::default(),
            log: Log::default(),
        }
    }
}

/// What each request asks first, kept in memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessCache {
    /// What tokens, warehouses and refs may weigh each.
    pub bytes: u64,
    /// How old an answer from memory may be: a token that another replica has revoked is accepted no longer than that.
    /// If the database cannot be asked for so long, nothing is answered from memory.
    #[serde(with = "duration")]
    pub bound: Duration,
}

impl Default for AccessCache {
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024, bound: Duration::from_secs(2) }
    }
}

/// A certificate, in PEM files that are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those between it and the root, in this order.
    pub cert_file: PathBuf,
    /// Its private key.
    pub key_file: PathBuf,
}

/// What holds the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Database {
    /// One file, for one server. Migrated by the server itself.
    Sqlite {
        /// The file; made if it is not there.
        path: PathBuf,
    },
    /// A schema of a Postgres database. Migrated by `catalog-server migrate` or the operator, never by a server.
    Postgres {
        /// The file that holds the URL, and so the password.
        url_file: PathBuf,
        /// The schema.
        #[serde(default = "default_schema")]
        schema: String,
        /// Connections for requests, at most.
        #[serde(default = "default_connections")]
        max_connections: u32,
    },
}

/// The schema where none is named.
#[must_use]
pub fn default_schema() -> String {
    "pangolin".to_owned()
}

/// The connections where no number is named.
#[must_use]
pub fn default_connections() -> u32 {
    16
}

/// What one client may ask for, and all together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a request's body; more is 413.
    pub body_bytes: usize,
    /// How long a request may take. What it began goes on to its end.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// How long a client may take to read an answer; then its connection is closed.
    #[serde(with = "duration")]
    pub response_timeout: Duration,
    /// Requests in work at the same time, answers that are not read yet included; one more is 503 at once.
    pub concurrency: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 * 1024 * 1024,
            request_timeout: Duration::from_secs(60),
            response_timeout: Duration::from_secs(300),
            concurrency: 512,
        }
    }
}

/// How much of the past of each branch stays, beside its head and what branches and tags show, in warehouses without a
/// policy of their own. Whatever of both reaches further back. Nothing of both, the default, is no policy: every version
/// stays, but the files of a table that was dropped with a purge go as soon as no head and no tag shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// What was there so long ago or later.
    #[serde(with = "duration")]
    pub age: Duration,
    /// The states before so many of a branch's newest commits.
    pub commits: u32,
}

impl Retention {
    /// What of the past of a warehouse counts as seen.
    #[must_use]
    pub fn window(&self, warehouse: &Warehouse) -> Window {
        let Self { age, commits } = *self;
        warehouse.retention.unwrap_or(Window { age, commits })
    }
}

/// Background tasks. Each waits a random part of its interval more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sweeps {
    /// Between two sweeps of tokens that have ended.
    #[serde(with = "duration")]
    pub token_interval: Duration,
    /// Tokens that one statement deletes.
    pub token_batch: u32,
    /// Between two searches for metadata files that no version names.
    #[serde(with = "duration")]
    pub orphan_interval: Duration,
    /// A metadata file that is younger is left alone: its commit may be on its way.
    #[serde(with = "duration")]
    pub orphan_grace: Duration,
    /// Until a purge that waits, because something still shows its table, is looked at again. One that can begin does so
    /// at once.
    #[serde(with = "duration")]
    pub purge_interval: Duration,
    /// Between two sweeps of a warehouse's past, of which the second deletes what the first put out of reach: longer than
    /// any request takes, which may still read it.
    #[serde(with = "duration")]
    pub retention_interval: Duration,
}

impl Default for Sweeps {
    fn default() -> Self {
        Self {
            token_interval: Duration::from_secs(60),
            token_batch: 500,
            orphan_interval: Duration::from_secs(6 * 3600),
            orphan_grace: Duration::from_secs(24 * 3600),
            purge_interval: Duration::from_secs(60),
            retention_interval: Duration::from_secs(600),
        }
    }
}

/// Logs of the binary; the library only emits `tracing` events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For machines or for people.
    pub format: LogFormat,
    /// A filter as `tracing-subscriber` reads it: `info`, `catalog_server=debug,info`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: "info".to_owned() }
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text.
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_from_yaml_as_they_are_written() {
        let text =
            "database: {postgres: {url_file: /run/url}}\nlimits: {request_timeout: 5s}\nsweeps: {orphan_grace: 24h}\n";
        let settings: Settings = serde_saphyr::from_str(text).unwrap();
        assert_eq!(settings.limits.request_timeout, Duration::from_secs(5));
        let Database::Postgres { url_file: _, schema, max_connections } = settings.database else {
            panic!("not postgres")
        };
        assert_eq!((schema.as_str(), max_connections), ("pangolin", 16));
        let default = Settings::default();
        let again: Settings = serde_saphyr::from_str(&serde_saphyr::to_string(&default).unwrap()).unwrap();
        assert_eq!(again, default);
    }

    #[test]
    fn the_readme_shows_the_defaults() {
        let readme = include_str!("../README.md");
        let yaml = readme.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
        assert_eq!(serde_saphyr::from_str::<Settings>(yaml).unwrap(), Settings::default());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = serde_saphyr::from_str::<Settings>("lisen: 127.0.0.1:1").unwrap_err();
        assert!(error.to_string().contains("lisen"), "{error}");
    }
}
