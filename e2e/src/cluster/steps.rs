//! Says each step and how long it took.

use tokio::time::Instant;

use crate::failure::{Attempt, Outcome};

/// The steps of one command.
pub(crate) struct Steps {
    start: Instant,
    last: Instant,
    silent: bool,
}

impl Steps {
    /// The clock starts now.
    pub(crate) fn start(silent: bool) -> Self {
        let now = Instant::now();
        Self { start: now, last: now, silent }
    }

    /// Does one; its failure says which it was.
    pub(crate) async fn step<T>(&mut self, says: &str, doing: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let done = doing.await.attempt(says)?;
        let took = std::mem::replace(&mut self.last, Instant::now()).elapsed();
        if !self.silent {
            eprintln!("· {says:46} {:6.2} s", took.as_secs_f64());
        }
        Ok(done)
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
