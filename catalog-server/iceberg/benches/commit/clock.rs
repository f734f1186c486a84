//! How long something takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The fastest of all rounds: on a machine that others use, too, the rest measures them.
pub(crate) fn fastest<T>(rounds: usize, mut run: impl FnMut() -> T) -> Duration {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        let made = black_box(run());
        let time = start.elapsed();
        drop(made);
        time
    });
    times.min().unwrap()
}

pub(crate) fn micros(time: Duration) -> String {
    format!("{:.1}µs", time.as_secs_f64() * 1e6)
}
