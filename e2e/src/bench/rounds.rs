//! Several ways measured in turn, a call of each in every round: what else the machine does meanwhile, each of them has to
//! bear alike, so that their ratio says something.

use std::pin::Pin;

use tokio::time::Instant;

use super::times::Times;
use crate::failure::{Failure, Outcome};

/// Rounds whose times are not kept, of a hundred: plans are made and pages read.
const WARM_UP: u64 = 10;

type Step<'a> = Box<dyn FnMut(u64) -> Pin<Box<dyn Future<Output = Outcome> + 'a>> + 'a>;

/// What is called in each round, in this order.
#[derive(Default)]
pub(super) struct Rounds<'a>(Vec<Step<'a>>);

impl<'a> Rounds<'a> {
    /// One way more; it is given the round's number.
    pub(super) fn of<F: Future<Output = Outcome> + 'a>(mut self, mut step: impl FnMut(u64) -> F + 'a) -> Self {
        self.0.push(Box::new(move |round| Box::pin(step(round))));
        self
    }

    /// Calls all ways, round after round; the times of each.
    pub(super) async fn run<const WAYS: usize>(mut self, rounds: u64) -> Outcome<[Times; WAYS]> {
        let warm_up = rounds * WARM_UP / 100;
        let mut times = vec![Vec::new(); self.0.len()];
        for round in 0..warm_up + rounds {
            for (step, times) in self.0.iter_mut().zip(&mut times) {
                let start = Instant::now();
                step(round).await?;
                if round >= warm_up {
                    times.push(start.elapsed());
                }
            }
        }
        let times: Vec<Times> = times.into_iter().map(Times::of).collect();
        times.try_into().map_err(|_| Failure::new("as many ways are measured as are read"))
    }
}
