//! Whether what is kept may be answered: only while the feed was read not longer ago than the bound.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When the feed was last read to its end.
pub(crate) struct Trust {
    start: Instant,
    bound: Duration,
    /// Nanoseconds after `start`, of the moment before that read began; 0 for never.
    verified: AtomicU64,
}

impl Trust {
    pub(crate) fn new(bound: Duration) -> Self {
        Self { start: Instant::now(), bound, verified: AtomicU64::new(0) }
    }

    /// All that was told before this moment has been forgotten.
    pub(crate) fn verify(&self, before: Instant) {
        let nanos = u64::try_from(before.duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        self.verified.store(nanos.max(1), Ordering::Release);
    }

    /// Nothing is to be trusted until the feed was read again.
    pub(crate) fn withdraw(&self) {
        self.verified.store(0, Ordering::Release);
    }

    pub(crate) fn holds(&self) -> bool {
        self.age().is_some_and(|age| age < self.bound)
    }

    /// How old an answer from memory may be; `None` if nothing may be answered.
    pub(crate) fn age(&self) -> Option<Duration> {
        match self.verified.load(Ordering::Acquire) {
            0 => None,
            nanos => Some(self.start.elapsed().saturating_sub(Duration::from_nanos(nanos))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_begins_with_the_first_read_and_ends_with_the_bound() {
        let trust = Trust::new(Duration::from_millis(200));
        assert!(!trust.holds() && trust.age().is_none());
        trust.verify(Instant::now());
        assert!(trust.holds());
        trust.withdraw();
        assert!(!trust.holds());
        trust.verify(Instant::now());
        std::thread::sleep(Duration::from_millis(210));
        assert!(!trust.holds());
    }
}
