//! What Prometheus sees. Labels have few values: route templates, statuses, names of variants; never a table or a token.

mod access_cache;
mod retention;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use access_cache::AccessCache;
use catalog_cache::Counts;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

pub use retention::RetentionMetrics;

/// All metrics of a server. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Request, Counter>,
    latency: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    commits: Family<Label, Counter>,
    cache: Family<Label, Counter>,
    cache_answers: Family<Label, Counter>,
    cache_bytes: Gauge,
    access_cache: AccessCache,
    storage: Family<Call, Counter>,
    swept_tokens: Counter,
    orphans: Counter,
    purges: Family<Label, Counter>,
    purge_files: Family<Label, Counter>,
    purges_waiting: Gauge,
    expired_metadata: Counter,
    sweep_failures: Family<Label, Counter>,
    reports: Family<Label, Counter>,
    scan_planning: Histogram,
    scanned: Family<Label, Counter>,
    commit_duration: Histogram,
    commit_attempts: Counter,
    committed: Family<Label, Counter>,
    /// Of the deletion of old versions.
    pub retention: RetentionMetrics,
}

/// What an engine says of its own work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// It planned a scan.
    Scan {
        /// How long the planning took.
        planning_nanos: Option<i64>,
        /// Data files to be read.
        files: i64,
        /// Their size.
        bytes: i64,
    },
    /// It committed.
    Commit {
        /// How long that took, repetitions included.
        nanos: Option<i64>,
        /// How often it tried.
        attempts: i64,
        /// Data files that it added.
        files: i64,
        /// Their size.
        bytes: i64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    operation: &'static str,
    outcome: &'static str,
}

/// One label whose name is a matter of the family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Label(&'static str, &'static str);

impl EncodeLabelSet for Label {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        [(self.0, self.1)].encode(encoder)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            requests: Family::default(),
            latency: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 2.5, 12))),
            in_flight: Gauge::default(),
            commits: Family::default(),
            cache: Family::default(),
            cache_answers: Family::default(),
            cache_bytes: Gauge::default(),
            access_cache: AccessCache::default(),
            storage: Family::default(),
            swept_tokens: Counter::default(),
            orphans: Counter::default(),
            purges: Family::default(),
            purge_files: Family::default(),
            purges_waiting: Gauge::default(),
            expired_metadata: Counter::default(),
            sweep_failures: Family::default(),
            reports: Family::default(),
            scan_planning: Histogram::new(exponential_buckets(0.001, 2.5, 12)),
            scanned: Family::default(),
            commit_duration: Histogram::new(exponential_buckets(0.001, 2.5, 12)),
            commit_attempts: Counter::default(),
            committed: Family::default(),
            retention: RetentionMetrics::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        metrics
    }
}

impl Metrics {
    /// A request was answered after so long.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let request = Request { method, route: route.to_owned(), status };
        self.requests.get_or_create(&request).inc();
        self.latency.get_or_create(&Route { method, route: request.route }).observe(took.as_secs_f64());
    }

    /// Counts a request in work until the guard is dropped.
    #[must_use]
    pub fn enter(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A commit of the tree ended: `applied`, `conflict`, `unknown`, `unavailable` or `failed`.
    pub fn commit(&self, outcome: &'static str) {
        self.commits.get_or_create(&Label("outcome", outcome)).inc();
    }

    /// A metadata file was in the cache, or had to be read.
    pub fn cache_look(&self, hit: bool) {
        self.cache.get_or_create(&Label("result", if hit { "hit" } else { "miss" })).inc();
    }

    /// What is made of a metadata file was in the cache, or had to be made.
    pub fn cache_answer(&self, hit: bool) {
        self.cache_answers.get_or_create(&Label("result", if hit { "hit" } else { "miss" })).inc();
    }

    /// What the metadata cache weighs now.
    pub fn cache_bytes(&self, bytes: u64) {
        self.cache_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Where the counts of the access cache are read.
    pub fn watch_access_cache(&self, counts: impl Fn() -> Counts + Send + Sync + 'static) {
        self.access_cache.watch(counts);
    }

    /// A call of an object store or of the disk ended.
    pub fn storage_call(&self, operation: &'static str, outcome: &'static str) {
        self.storage.get_or_create(&Call { operation, outcome }).inc();
    }

    /// Tokens that had ended were deleted.
    pub fn swept_tokens(&self, count: u64) {
        self.swept_tokens.inc_by(count);
    }

    /// A metadata file that no version names was found and deleted.
    pub fn orphan(&self) {
        self.orphans.inc();
    }

    /// A purge was worked on: `ended`, `waits`, `lost` or `failed`.
    pub fn purge(&self, outcome: &'static str) {
        self.purges.get_or_create(&Label("outcome", outcome)).inc();
    }

    /// Files that a purge came to: `deleted` ones, and `kept` ones, of which it was not certain whose they are.
    pub fn purge_files(&self, outcome: &'static str, count: u64) {
        self.purge_files.get_or_create(&Label("outcome", outcome)).inc_by(count);
    }

    /// How many purges there are, in work or waiting.
    pub fn purges_waiting(&self, count: u64) {
        self.purges_waiting.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Metadata files that fell out of their table's log were deleted.
    pub fn expired_metadata(&self, count: u64) {
        self.expired_metadata.inc_by(count);
    }

    /// A background task failed once; it tries again.
    pub fn sweep_failed(&self, task: &'static str) {
        self.sweep_failures.get_or_create(&Label("task", task)).inc();
    }

    /// An engine reported on a scan or a commit. The numbers are its own: nobody has checked them.
    pub fn report(&self, report: &Report) {
        let count = |n: i64| u64::try_from(n).unwrap_or(0).min(MAX_REPORTED);
        let add = |family: &Family<Label, Counter>, files, bytes| {
            family.get_or_create(&Label("unit", "files")).inc_by(count(files));
            family.get_or_create(&Label("unit", "bytes")).inc_by(count(bytes));
        };
        match *report {
            Report::Scan { planning_nanos, files, bytes } => {
                self.reports.get_or_create(&Label("type", "scan")).inc();
                planning_nanos.into_iter().for_each(|n| self.scan_planning.observe(seconds(count(n))));
                add(&self.scanned, files, bytes);
            }
            Report::Commit { nanos, attempts, files, bytes } => {
                self.reports.get_or_create(&Label("type", "commit")).inc();
                nanos.into_iter().for_each(|n| self.commit_duration.observe(seconds(count(n))));
                self.commit_attempts.inc_by(count(attempts));
                add(&self.committed, files, bytes);
            }
        }
    }

    /// The text form (OpenMetrics 1.0).
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            let _ = write!(text, "# {error}");
        }
        text
    }

    fn register(&self) -> Registry {
        let Self {
            registry: _, requests, latency, in_flight, commits, cache, cache_bytes, storage, swept_tokens, ..
        } = self;
        let mut all = Registry::with_prefix("pangolin");
        all.register("http_requests", "Requests that were answered", requests.clone());
        all.register("http_request_seconds", "How long requests took", latency.clone());
        all.register("http_requests_in_flight", "Requests in work", in_flight.clone());
        all.register("commits", "Commits of the tree by outcome", commits.clone());
        all.register("metadata_cache_lookups", "Look-ups of metadata files in the cache", cache.clone());
        let help = "Look-ups of what is made of metadata files: compressed answers, snapshots=refs";
        all.register("metadata_cache_answers", help, self.cache_answers.clone());
        all.register("metadata_cache_bytes", "What the cached metadata files and answers weigh", cache_bytes.clone());
        all.register("storage_calls", "Calls of object stores and of the disk", storage.clone());
        all.register("swept_tokens", "Tokens that had ended and were deleted", swept_tokens.clone());
        all.register("orphan_metadata_files", "Metadata files that no version named", self.orphans.clone());
        all.register("purge_runs", "Purges that were worked on, by outcome", self.purges.clone());
        all.register("purge_files", "Files that purges came to", self.purge_files.clone());
        all.register("purge_waiting", "Purges in work or waiting", self.purges_waiting.clone());
        let help = "Metadata files that fell out of their table's log and were deleted";
        all.register("expired_metadata_files", help, self.expired_metadata.clone());
        all.register("sweep_failures", "Failures of background tasks", self.sweep_failures.clone());
        all.register_collector(Box::new(self.access_cache.clone()));
        self.retention.register(&mut all);
        self.register_reports(&mut all);
        all
    }
}

impl Metrics {
    fn register_reports(&self, all: &mut Registry) {
        all.register("engine_reports", "Reports that engines sent", self.reports.clone());
        let help = "How long engines planned their scans, as they say";
        all.register("engine_scan_planning_seconds", help, self.scan_planning.clone());
        all.register("engine_scanned", "Data files that engines planned to read, as they say", self.scanned.clone());
        let help = "How long commits took engines, as they say";
        all.register("engine_commit_seconds", help, self.commit_duration.clone());
        all.register("engine_commit_attempts", "How often engines tried to commit", self.commit_attempts.clone());
        all.register("engine_committed", "Data files that engines added, as they say", self.committed.clone());
    }
}

/// A counter must not turn over because one client lies.
const MAX_REPORTED: u64 = 1 << 53;

fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}

/// Counts a request in work while it lives.
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::default();
        metrics.request("GET", "/v1/config", 200, Duration::from_millis(3));
        metrics.commit("applied");
        metrics.cache_look(false);
        metrics.storage_call("read", "ok");
        metrics.orphan();
        let guard = metrics.enter();
        let text = metrics.encode();
        drop(guard);
        for line in [
            r#"pangolin_http_requests_total{method="GET",route="/v1/config",status="200"} 1"#,
            r#"pangolin_commits_total{outcome="applied"} 1"#,
            r#"pangolin_metadata_cache_lookups_total{result="miss"} 1"#,
            r#"pangolin_storage_calls_total{operation="read",outcome="ok"} 1"#,
            "pangolin_orphan_metadata_files_total 1",
            "pangolin_http_requests_in_flight 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(metrics.encode().contains("pangolin_http_requests_in_flight 0"));
    }
}
