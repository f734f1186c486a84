//! Waits with a deadline, and with the log that matters when it passes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::daemon::Daemon;
use crate::failure::{Attempt, Failure, Outcome};

const LINES: usize = 25;

/// Probes until it succeeds. Fails with the end of a daemon's log when that daemon ends, or with the first one's when
/// the time is over.
pub(crate) async fn until<T>(
    daemons: &mut [Daemon],
    at_most: Duration,
    mut probe: impl AsyncFnMut() -> Outcome<T>,
) -> Outcome<T> {
    let deadline = Instant::now() + at_most;
    loop {
        let failure = match probe().await {
            Ok(found) => return Ok(found),
            Err(failure) => failure,
        };
        for daemon in daemons.iter_mut() {
            if let Some(status) = daemon.ended()? {
                return Err(Failure::new(format!("{} ended early ({status}){}", daemon.name(), tail(daemon.log()))));
            }
        }
        if Instant::now() >= deadline {
            let log = daemons.first().map(|daemon| tail(daemon.log())).unwrap_or_default();
            return Err(failure).attempt(format!("not within {} s{log}", at_most.as_secs()));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Probes until it succeeds; fails with the last reason when the time is over.
pub(crate) async fn eventually<T>(at_most: Duration, mut probe: impl AsyncFnMut() -> Outcome<T>) -> Outcome<T> {
    let deadline = Instant::now() + at_most;
    loop {
        match probe().await {
            Ok(found) => return Ok(found),
            Err(failure) if Instant::now() >= deadline => {
                return Err(failure).attempt(format!("not within {} s", at_most.as_secs()));
            }
            Err(_not_yet) => sleep(Duration::from_millis(200)).await,
        }
    }
}

/// The last lines of a log, each on a line of its own, below its path.
pub(crate) fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let mut tail = format!("\n── the end of {}\n", log.display());
    for line in &lines[lines.len().saturating_sub(LINES)..] {
        tail.push_str("   ");
        tail.push_str(line);
        tail.push('\n');
    }
    tail
}
