//! Someone who asks, and what all who ask have got.

use std::collections::BTreeMap;
use std::time::Duration;

use super::times::Times;
use crate::failure::{Outcome, check};

/// Someone who asks again and again.
pub(super) trait Client {
    /// Sends one request; the status of its answer.
    async fn ask(&mut self) -> Outcome<u16>;
}

/// What all clients together have got.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    /// Requests by the status of their answer.
    pub(super) answers: BTreeMap<u16, u64>,
    /// Of the successful requests.
    pub(super) times: Times,
    /// Successful requests in a second.
    pub(super) rate: f64,
}

impl Ran {
    /// The statuses of all answers, and how long each took, of clients that asked for so long.
    pub(super) fn of(all: impl Iterator<Item = (u16, Duration)>, took: Duration) -> Outcome<Self> {
        let (mut answers, mut times) = (BTreeMap::new(), Vec::new());
        for (status, time) in all {
            *answers.entry(status).or_default() += 1;
            times.extend((status < 400).then_some(time));
        }
        check(!times.is_empty(), || format!("no request was successful: {answers:?}"))?;
        Ok(Self { rate: times.len() as f64 / took.as_secs_f64(), times: Times::of(times), answers })
    }

    /// Requests that were successful: that the client knows the answer already is one, too.
    pub(super) fn successes(&self) -> f64 {
        self.count(|status| status < 400)
    }

    /// Answers that no client may see, whatever it does.
    pub(super) fn failures(&self) -> f64 {
        self.count(|status| status >= 500)
    }

    fn count(&self, wanted: impl Fn(u16) -> bool) -> f64 {
        let count: u64 = self.answers.iter().filter(|(status, _)| wanted(**status)).map(|(_, count)| *count).sum();
        count as f64
    }
}
