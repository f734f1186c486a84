//! How long something took, many times.

use std::time::Duration;

/// Times, sorted.
#[derive(Clone, Debug)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    /// Of at least one.
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// In milliseconds: half of them took at most this.
    pub(super) fn p50(&self) -> f64 {
        self.percentile(50)
    }

    /// In milliseconds: 99 of 100 took at most this.
    pub(super) fn p99(&self) -> f64 {
        self.percentile(99)
    }

    /// In milliseconds: none took longer.
    pub(super) fn longest(&self) -> f64 {
        self.percentile(100)
    }

    /// The smallest one that `percent` of all do not exceed, in milliseconds.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = Times::of((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!((times.p50(), times.p99(), times.longest()), (100.0, 198.0, 200.0));
        assert_eq!(Times::of(vec![Duration::from_millis(7)]).p99(), 7.0);
    }
}
