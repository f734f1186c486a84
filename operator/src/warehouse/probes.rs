//! When the storage of each Warehouse was tried last. A Warehouse is reconciled for many reasons; its storage is tried once
//! per resync, so that a bucket that disappears or keys that are revoked show in the status.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// The last success of each Warehouse in this process, by its uid.
#[derive(Debug, Default)]
pub(crate) struct Probes(Mutex<HashMap<String, Timestamp>>);

impl Probes {
    /// True if the storage was not tried with success within the period.
    pub(crate) fn is_due(&self, uid: &str, period: Duration, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of deleted Warehouses go with the rest.
        all.retain(|_, at| now.duration_since(*at).unsigned_abs() < period);
        !all.contains_key(uid)
    }

    /// The storage was tried with success.
    pub(crate) fn record(&self, uid: &str, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned(), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_is_tried_once_a_period() {
        let (probes, period, start) = (Probes::default(), Duration::from_secs(60), Timestamp::UNIX_EPOCH);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(probes.is_due("a", period, at(0)), "it was never tried");
        probes.record("a", at(0));
        assert!(!probes.is_due("a", period, at(59)) && probes.is_due("b", period, at(59)));
        assert!(probes.is_due("a", period, at(60)));
    }
}
