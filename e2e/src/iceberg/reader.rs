//! A reader as engines have it: what cannot be answered at the moment is asked again, a few times.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::rest::Rest;
use crate::failure::{Attempt, Failure, Outcome, check};

/// As Iceberg's own HTTP client: five more times, with pauses that double.
const TRIES: u32 = 6;

/// One at work. Dropping it stops it.
pub(crate) struct Reader {
    enough: Arc<AtomicBool>,
    task: JoinHandle<Outcome<Reads>>,
}

/// What it has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reads {
    /// Answered ones.
    pub(crate) reads: u64,
    /// How many of them had to be asked more than once.
    pub(crate) tried_again: u64,
}

impl Reader {
    /// Starts asking for a path, again and again.
    pub(crate) fn start(rest: Rest, path: String) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        Self { task: tokio::spawn(work(rest, path, Arc::clone(&enough))), enough }
    }

    /// Stops it; fails if a read failed for good, or was answered by something else than a success.
    pub(crate) async fn finish(mut self) -> Outcome<Reads> {
        self.enough.store(true, Ordering::Relaxed);
        (&mut self.task).await.attempt("join the reader")?
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn work(rest: Rest, path: String, enough: Arc<AtomicBool>) -> Outcome<Reads> {
    let mut done = Reads::default();
    while !enough.load(Ordering::Relaxed) {
        let tries = read(&rest, &path).await?;
        done.reads += 1;
        done.tried_again += u64::from(tries > 1);
        sleep(Duration::from_millis(5)).await;
    }
    Ok(done)
}

/// How many tries it took.
async fn read(rest: &Rest, path: &str) -> Outcome<u32> {
    for attempt in 1.. {
        let why = match rest.send(Method::GET, path, &Value::Null).await {
            Ok(answer) if answer.status.is_success() => return Ok(attempt),
            Ok(answer) if matches!(answer.status.as_u16(), 429 | 503) => answer.says(),
            Ok(answer) => return Err(Failure::new(format!("a read was answered by {}", answer.says()))),
            Err(failure) => failure.chain(),
        };
        check(attempt < TRIES, || format!("a read failed {TRIES} times, in the end: {why}"))?;
        sleep(Duration::from_millis(100 << attempt)).await;
    }
    Err(Failure::new("a read was never tried"))
}
