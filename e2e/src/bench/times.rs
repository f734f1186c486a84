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
        self.per_mille(500)
    }

    /// In milliseconds: 99 of 100 took at most this.
    pub(super) fn p99(&self) -> f64 {
        self.per_mille(990)
    }

    /// In milliseconds: 999 of 1,000 took at most this.
    pub(super) fn p999(&self) -> f64 {
        self.per_mille(999)
    }

    /// In milliseconds: none took longer.
    pub(super) fn longest(&self) -> f64 {
        self.per_mille(1_000)
    }

    /// The smallest one that so many of a thousand do not exceed, in milliseconds.
    fn per_mille(&self, count: usize) -> f64 {
        let rank = (self.0.len() * count).div_ceil(1_000).max(1);
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
        assert_eq!(Times::of((1..=2_000).map(Duration::from_millis).collect()).p999(), 1_998.0);
        assert_eq!(Times::of(vec![Duration::from_millis(7)]).p99(), 7.0);
    }
}
