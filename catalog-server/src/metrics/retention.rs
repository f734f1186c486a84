//! What retention does.

use std::time::Duration;

use catalog_store::retention::Tally;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::Label;

/// Its metrics. Clones share them.
#[derive(Clone)]
pub struct RetentionMetrics {
    rows: Family<Label, Counter>,
    runs: Family<Label, Counter>,
    duration: Histogram,
    late: Gauge,
    floor_age: Family<Of, Gauge>,
}

/// Warehouses are few.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    warehouse: String,
}

impl Default for RetentionMetrics {
    fn default() -> Self {
        Self {
            rows: Family::default(),
            runs: Family::default(),
            duration: Histogram::new(exponential_buckets(0.001, 4.0, 10)),
            late: Gauge::default(),
            floor_age: Family::default(),
        }
    }
}

impl RetentionMetrics {
    /// A batch was deleted.
    pub(crate) fn deleted(&self, part: &Tally) {
        let Tally { versions, names, locations } = *part;
        for (kind, count) in [("versions", versions), ("names", names), ("locations", locations)] {
            self.rows.get_or_create(&Label("kind", kind)).inc_by(count);
        }
    }

    /// A sweep of a warehouse went on for so long: `ended`, `lost` or `failed`.
    pub(crate) fn run(&self, outcome: &'static str, took: Duration) {
        self.runs.get_or_create(&Label("outcome", outcome)).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// A sweep was due for so long when it was taken.
    pub(crate) fn late(&self, late: Duration) {
        self.late.set(whole_seconds(late));
    }

    /// So old is what a warehouse keeps of its `main`, at least.
    pub(crate) fn floor_age(&self, warehouse: &str, age: Duration) {
        self.floor_age.get_or_create(&Of { warehouse: warehouse.to_owned() }).set(whole_seconds(age));
    }

    pub(super) fn register(&self, all: &mut Registry) {
        let Self { rows, runs, duration, late, floor_age } = self;
        all.register("retention_rows", "Rows that nothing showed any more and that were deleted", rows.clone());
        all.register("retention_runs", "Sweeps of a warehouse's past, by outcome", runs.clone());
        all.register("retention_seconds", "How long sweeps of a warehouse's past took", duration.clone());
        let help = "For how long the sweep that was taken last had been due";
        all.register("retention_lag_seconds", help, late.clone());
        let help = "How old the oldest state is that a warehouse's main promises";
        all.register("retention_floor_age_seconds", help, floor_age.clone());
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
