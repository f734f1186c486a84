//! What Prometheus sees of the operator. Labels have few values: kinds, outcomes, reasons; never a name.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// All metrics. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    reconciles: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    holds: Family<Labels, Counter>,
    errors: Family<Labels, Counter>,
    unreadable: Family<Labels, Counter>,
    watch_errors: Family<Labels, Counter>,
    leader: Gauge,
}

/// Labels whose names are a matter of the family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Labels(Vec<(&'static str, String)>);

fn labels(pairs: &[(&'static str, &str)]) -> Labels {
    Labels(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            reconciles: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.002, 2.5, 11))),
            holds: Family::default(),
            errors: Family::default(),
            unreadable: Family::default(),
            watch_errors: Family::default(),
            leader: Gauge::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        metrics
    }
}

impl Metrics {
    /// A reconcile ended after so long: `done`, `held`, `failed` or `paused`.
    pub fn reconciled(&self, kind: &'static str, outcome: &'static str, took: Duration) {
        self.reconciles.get_or_create(&labels(&[("kind", kind), ("outcome", outcome)])).inc();
        self.durations.get_or_create(&labels(&[("kind", kind)])).observe(took.as_secs_f64());
    }

    /// A resource can't go on until something happens.
    pub fn held(&self, kind: &'static str, reason: &'static str) {
        self.holds.get_or_create(&labels(&[("kind", kind), ("reason", reason)])).inc();
    }

    /// A reconcile failed, and is repeated.
    pub fn failed(&self, kind: &'static str, reason: &'static str) {
        self.errors.get_or_create(&labels(&[("kind", kind), ("reason", reason)])).inc();
    }

    /// A resource was skipped, since it does not parse.
    pub fn unreadable(&self, kind: &str) {
        self.unreadable.get_or_create(&labels(&[("kind", kind)])).inc();
    }

    /// A watch broke; it begins again by itself.
    pub fn watch_failed(&self, kind: &str) {
        self.watch_errors.get_or_create(&labels(&[("kind", kind)])).inc();
    }

    /// Whether this process is the one that works.
    pub fn leads(&self, leads: bool) {
        self.leader.set(leads.into());
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
        let mut all = Registry::with_prefix("pangolin_operator");
        all.register("reconciles", "Reconciles by kind and outcome", self.reconciles.clone());
        all.register("reconcile_seconds", "How long a reconcile took", self.durations.clone());
        all.register("holds", "Reconciles that ended with something to wait for", self.holds.clone());
        all.register("errors", "Reconciles that failed and are repeated", self.errors.clone());
        all.register("unreadable_resources", "Resources that were skipped: they do not parse", self.unreadable.clone());
        all.register("watch_errors", "Watches that broke and began again", self.watch_errors.clone());
        all.register("leader", "1 if this process leads", self.leader.clone());
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::default();
        metrics.reconciled("token", "done", Duration::from_millis(3));
        metrics.held("warehouse", "SecretNotFound");
        metrics.failed("catalog", "Timeout");
        metrics.unreadable("catalog");
        metrics.watch_failed("Secret");
        metrics.leads(true);
        let text = metrics.encode();
        for line in [
            r#"pangolin_operator_reconciles_total{kind="token",outcome="done"} 1"#,
            r#"pangolin_operator_reconcile_seconds_count{kind="token"} 1"#,
            r#"pangolin_operator_holds_total{kind="warehouse",reason="SecretNotFound"} 1"#,
            r#"pangolin_operator_errors_total{kind="catalog",reason="Timeout"} 1"#,
            r#"pangolin_operator_unreadable_resources_total{kind="catalog"} 1"#,
            r#"pangolin_operator_watch_errors_total{kind="Secret"} 1"#,
            "pangolin_operator_leader 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
