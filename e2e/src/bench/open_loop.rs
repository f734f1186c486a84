//! Requests that come at a steady rate, whether or not the server keeps up. Who comes while all clients wait for answers
//! waits as well, and that counts: a server that stops for a second is not seen once, but by all who came in that second
//! (the "coordinated omission" of closed loops).

use std::cell::Cell;
use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::client::{Client, Ran};
use crate::failure::Outcome;

/// Has these clients ask so many times a second in all, for that long. They share one thread: the machine is the server's.
pub(super) async fn open_loop<C: Client>(clients: &mut [C], rate: f64, lasts: Duration) -> Outcome<Ran> {
    let arrivals = Arrivals { start: Instant::now(), rate, lasts, next: Cell::new(0) };
    let loops: FuturesUnordered<_> = clients.iter_mut().map(|client| one(client, &arrivals)).collect();
    let all: Vec<Vec<(u16, Duration)>> = loops.try_collect().await?;
    Ran::of(all.into_iter().flatten(), arrivals.start.elapsed())
}

/// When requests come.
struct Arrivals {
    start: Instant,
    rate: f64,
    lasts: Duration,
    next: Cell<u32>,
}

impl Arrivals {
    /// When the next one comes, which is the caller's now.
    fn next(&self) -> Option<Instant> {
        let after = Duration::from_secs_f64(f64::from(self.next.replace(self.next.get() + 1)) / self.rate);
        (after < self.lasts).then(|| self.start + after)
    }
}

async fn one<C: Client>(client: &mut C, arrivals: &Arrivals) -> Outcome<Vec<(u16, Duration)>> {
    let mut got = Vec::new();
    while let Some(comes) = arrivals.next() {
        // Timers ring up to a millisecond late, which is nothing that the server does: so who was there in time is timed
        // from when it asks, and who was kept from asking from when it came.
        let mut since = comes;
        if comes > Instant::now() {
            sleep_until(comes).await;
            since = Instant::now();
        }
        let status = client.ask().await?;
        got.push((status, since.elapsed()));
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers at once, but for one long stop.
    struct Stops(u32);

    impl Client for Stops {
        async fn ask(&mut self) -> Outcome<u16> {
            self.0 += 1;
            if self.0 == 10 {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Ok(200)
        }
    }

    #[tokio::test]
    async fn a_stop_is_felt_by_all_who_come_meanwhile() {
        let ran = open_loop(&mut [Stops(0)], 100.0, Duration::from_millis(500)).await.expect("it ran");
        assert_eq!(ran.answers[&200], 50, "all who come are served");
        // The stop and the nine who come in its first half wait longer than half of it: of 50 that is a fifth.
        assert!(ran.times.longest() >= 200.0 && ran.times.p99() >= 150.0, "{ran:?}");
        assert!(ran.times.p50() < 100.0, "{ran:?}");
    }
}
