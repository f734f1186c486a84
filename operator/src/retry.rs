//! When a resource that failed is tried again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// How often each resource failed in a row, by its uid. Written by the controllers, read by the status step.
#[derive(Debug, Default)]
pub struct Failures(Mutex<HashMap<String, u32>>);

impl Failures {
    /// One more; returns how many there are in a row now.
    pub fn failed(&self, uid: &str) -> u32 {
        let mut all = self.lock();
        let count = all.entry(uid.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// The next failure is the first again.
    pub fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    /// How many there are in a row.
    #[must_use]
    pub fn count(&self, uid: &str) -> u32 {
        self.lock().get(uid).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pause after so many failures in a row: it doubles from one second to five minutes. `random` lies in 0 … 1 and
/// takes up to half of it away, so that resources that failed together do not come back together.
#[must_use]
pub fn pause(failures: u32, random: f64) -> Duration {
    let step = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1))).min(LONGEST);
    step.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

/// An interval with up to a tenth added, so that what was started together does not stay together.
#[must_use]
pub fn about(interval: Duration, random: f64) -> Duration {
    interval.mul_f64(1.0 + random.clamp(0.0, 1.0) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_second_to_five_minutes() {
        let pauses: Vec<_> = [1, 2, 3, 9, 10, 100].map(|failures| pause(failures, 0.0).as_secs()).into();
        assert_eq!(pauses, [1, 2, 4, 256, 300, 300]);
    }

    #[test]
    fn jitter_takes_at_most_half_and_adds_at_most_a_tenth() {
        assert_eq!(pause(2, 1.0), Duration::from_secs(1));
        assert_eq!(about(Duration::from_secs(100), 1.0), Duration::from_secs(110));
    }

    #[test]
    fn each_resource_is_counted_for_itself_and_a_success_ends_the_row() {
        let failures = Failures::default();
        assert_eq!((failures.failed("a"), failures.failed("a"), failures.failed("b")), (1, 2, 1));
        failures.forget("a");
        assert_eq!((failures.count("a"), failures.count("b"), failures.failed("a")), (0, 1, 1));
    }
}
