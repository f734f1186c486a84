//! How often and after what time a call is tried again. Pure: the random number is a parameter.

use std::time::Duration;

use crate::Error;

/// The schedule of repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Repetitions after the first try, at most; 0 for none.
    pub times: u32,
    /// The longest wait before the first repetition; it doubles with each further one.
    pub first: Duration,
    /// No wait is longer. A server that asks for more gets no repetition: the caller has an own schedule.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { times: 3, first: Duration::from_millis(200), longest: Duration::from_secs(5) }
    }
}

impl Retries {
    /// No repetitions.
    pub const NONE: Self = Self { times: 0, first: Duration::ZERO, longest: Duration::ZERO };

    /// How long to wait before repetition number `done + 1`, or `None` to give up. `random` lies in 0 … 1.
    ///
    /// The wait is anything between half of the step and all of it, so that clients that failed together do not come
    /// back together.
    pub(crate) fn wait(&self, error: &Error, done: u32, random: f64) -> Option<Duration> {
        if done >= self.times || !error.is_retryable() {
            return None;
        }
        let step = self.first.saturating_mul(2_u32.saturating_pow(done)).min(self.longest);
        let jittered = step.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
        match error.retry_after() {
            Some(asked) if asked > self.longest => None,
            Some(asked) => Some(asked.max(jittered)),
            None => Some(jittered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Retries =
        Retries { times: 3, first: Duration::from_millis(100), longest: Duration::from_millis(300) };

    fn busy(retry_after: Option<Duration>) -> Error {
        Error::refused("x", 503, retry_after, b"")
    }

    #[test]
    fn waits_double_up_to_the_longest_and_then_end() {
        let waits: Vec<_> = (0..4).map(|done| SCHEDULE.wait(&busy(None), done, 1.0).map(|w| w.as_millis())).collect();
        assert_eq!(waits, [Some(100), Some(200), Some(300), None]);
        assert_eq!(SCHEDULE.wait(&busy(None), 0, 0.0), Some(Duration::from_millis(50)));
    }

    #[test]
    fn the_servers_wish_is_heard_unless_it_is_too_long() {
        let asked = |ms| SCHEDULE.wait(&busy(Some(Duration::from_millis(ms))), 0, 1.0).map(|w| w.as_millis());
        assert_eq!(asked(250), Some(250));
        assert_eq!(asked(10), Some(100));
        assert_eq!(asked(301), None);
    }

    #[test]
    fn what_will_fail_again_is_not_repeated() {
        assert_eq!(SCHEDULE.wait(&Error::refused("x", 404, None, b""), 0, 0.5), None);
    }
}
