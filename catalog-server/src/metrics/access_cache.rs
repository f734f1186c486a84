//! The cache of what each request asks first, read when Prometheus asks.

use std::fmt;
use std::sync::{Arc, OnceLock};

use catalog_cache::Counts;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Where the counts come from, once there is a cache. Clones share it.
#[derive(Clone, Default)]
pub(super) struct AccessCache(Arc<OnceLock<Box<dyn Fn() -> Counts + Send + Sync>>>);

impl AccessCache {
    /// The first one stays.
    pub(super) fn watch(&self, counts: impl Fn() -> Counts + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(counts));
    }
}

impl Collector for AccessCache {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(counts) = self.0.get() else { return Ok(()) };
        let Counts { hits, misses, untrusted, loads, evictions, invalidations, resets, bytes, age } = counts();
        let help = "Requests by whether memory knew caller, warehouse and ref, or was not trusted";
        let name = "access_cache_lookups";
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (result, count) in [("hit", hits), ("miss", misses), ("untrusted", untrusted)] {
            ConstCounter::new(count).encode(family.encode_family(&[("result", result)])?)?;
        }
        for (name, help, count) in [
            ("access_cache_loads", "Reads of the database that filled entries", loads),
            ("access_cache_evictions", "Entries that left for room", evictions),
            ("access_cache_invalidations", "Changes of the feed that were followed", invalidations),
            ("access_cache_resets", "How often all was forgotten, since changes of the feed were missed", resets),
        ] {
            ConstCounter::new(count).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let weight = i64::try_from(bytes).unwrap_or(i64::MAX);
        let help = "What the entries weigh";
        ConstGauge::new(weight).encode(encoder.encode_descriptor(
            "access_cache_bytes",
            help,
            None,
            MetricType::Gauge,
        )?)?;
        let lag = age.map_or(f64::INFINITY, |age| age.as_secs_f64());
        let help = "How old an answer from memory may be; infinite while nothing is answered from memory";
        let name = "access_cache_lag_seconds";
        ConstGauge::new(lag).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
    }
}

impl fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessCache")
    }
}
