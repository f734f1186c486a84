//! What the server does beside answering: each a detached task that ends with the server, and that goes on after an
//! error.

mod admin_hashes;
mod expired_marks;
mod expired_metadata;
mod expired_tokens;
mod lease;
mod old_changes;
mod orphans;
mod purges;
mod retention;
mod rows;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;

pub use expired_metadata::ExpiredFiles;
pub(crate) use expired_metadata::{Expired, is_wanted};
pub use schema::look as look_at_schema;

/// Purges at the same time.
const PURGES: usize = 2;

/// Starts all tasks. They end when `stop` is cancelled.
pub fn start(app: &Arc<App>, tasks: &TaskTracker, stop: &CancellationToken) {
    let app = || Arc::clone(app);
    tasks.spawn(stop.clone().run_until_cancelled_owned(schema::watch(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(admin_hashes::follow(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(expired_tokens::sweep(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(expired_marks::sweep(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(old_changes::sweep(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(orphans::sweep(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(expired_metadata::sweep(app())));
    tasks.spawn(stop.clone().run_until_cancelled_owned(retention::sweep(app())));
    // So that a big one does not hold up all others.
    for _ in 0..PURGES {
        tasks.spawn(stop.clone().run_until_cancelled_owned(purges::sweep(app())));
    }
}

/// The interval and up to a tenth more, so that replicas that started together do not stay together.
fn with_jitter(interval: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    // Without random bytes there is no jitter, and nothing else is lost.
    let _ = getrandom::fill(&mut byte);
    interval + interval / 10 * u32::from(byte[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_at_most_a_tenth() {
        for _ in 0..100 {
            let wait = with_jitter(Duration::from_secs(100));
            assert!((Duration::from_secs(100)..=Duration::from_secs(110)).contains(&wait), "{wait:?}");
        }
    }
}
