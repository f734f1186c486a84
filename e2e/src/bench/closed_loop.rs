//! Clients that each send the next request when the last one is answered, for a while: as many requests are in work as
//! there are writers, and a slow answer keeps its writer from asking. That is what engines do; it says nothing about
//! requests that arrive whether or not the server keeps up.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::times::Times;
use crate::failure::{Outcome, check};

/// Someone who asks again and again.
pub(super) trait Writer {
    /// Sends one request; the status of its answer.
    async fn attempt(&mut self) -> Outcome<u16>;
}

/// What all writers together have got.
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

/// Lets all writers loose for that long. They share one thread: the machine is the server's.
pub(super) async fn closed_loop<W: Writer>(writers: &mut [W], lasts: Duration) -> Outcome<Ran> {
    let start = Instant::now();
    let loops: FuturesUnordered<_> = writers.iter_mut().map(|writer| one(writer, start + lasts)).collect();
    let all: Vec<Vec<(u16, Duration)>> = loops.try_collect().await?;
    let took = start.elapsed().as_secs_f64();
    let (mut answers, mut times) = (BTreeMap::new(), Vec::new());
    for (status, time) in all.into_iter().flatten() {
        *answers.entry(status).or_default() += 1;
        times.extend((status < 400).then_some(time));
    }
    check(!times.is_empty(), || format!("no request was successful: {answers:?}"))?;
    Ok(Ran { rate: times.len() as f64 / took, times: Times::of(times), answers })
}

async fn one<W: Writer>(writer: &mut W, end: Instant) -> Outcome<Vec<(u16, Duration)>> {
    let mut got = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        let status = writer.attempt().await?;
        got.push((status, start.elapsed()));
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Script(u16);

    impl Writer for Script {
        async fn attempt(&mut self) -> Outcome<u16> {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(self.0)
        }
    }

    #[tokio::test]
    async fn only_successes_count_and_every_answer_is_told() {
        let lasts = Duration::from_millis(200);
        let ran = closed_loop(&mut [Script(200), Script(409), Script(503)], lasts).await.expect("it ran");
        assert_eq!(ran.answers.keys().copied().collect::<Vec<_>>(), [200, 409, 503]);
        assert!((1.0..=20.0).contains(&ran.successes()), "{ran:?}");
        assert_eq!((ran.successes(), ran.failures()), (ran.answers[&200] as f64, ran.answers[&503] as f64));
        assert!(ran.rate <= 100.0 && ran.times.p50() >= 10.0, "{ran:?}");
        let lost = closed_loop(&mut [Script(500)], Duration::from_millis(50)).await;
        assert!(lost.is_err());
    }
}
