//! What engines tell of their scans and commits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::null::null_as_default;

/// `ReportMetricsRequest`: of the report, only what is counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportMetricsRequest {
    /// `scan-report` or `commit-report`.
    pub report_type: String,
    /// By name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metrics: BTreeMap<String, MetricResult>,
}

/// `CounterResult` or `TimerResult`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MetricResult {
    /// Of a counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// Of a timer: `nanoseconds` in all clients that are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_unit: Option<String>,
    /// Of a timer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_duration: Option<i64>,
}
