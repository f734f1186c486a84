//! Clients that each send the next request when the last one is answered, for a while: as many requests are in work as
//! there are clients, and a slow answer keeps its client from asking. That is what engines do; it says nothing about
//! requests that arrive whether or not the server keeps up.

use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::client::{Client, Ran};
use crate::failure::Outcome;

/// Lets all clients loose for that long. They share one thread: the machine is the server's.
pub(super) async fn closed_loop<C: Client>(clients: &mut [C], lasts: Duration) -> Outcome<Ran> {
    let start = Instant::now();
    let loops: FuturesUnordered<_> = clients.iter_mut().map(|client| one(client, start + lasts)).collect();
    let all: Vec<Vec<(u16, Duration)>> = loops.try_collect().await?;
    Ran::of(all.into_iter().flatten(), start.elapsed())
}

async fn one<C: Client>(client: &mut C, end: Instant) -> Outcome<Vec<(u16, Duration)>> {
    let mut got = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        let status = client.ask().await?;
        got.push((status, start.elapsed()));
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Script(u16);

    impl Client for Script {
        async fn ask(&mut self) -> Outcome<u16> {
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
