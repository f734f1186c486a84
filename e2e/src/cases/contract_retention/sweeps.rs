//! What the server's metrics say of its sweeps.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ground::Ground;
use crate::failure::{Outcome, check};

/// A sweep begins each second; no machine is so busy.
const SOON: Duration = Duration::from_secs(60);

/// Waits until so many more sweeps have ended.
pub(super) async fn pass(ground: &Ground, more: u64) -> Outcome {
    const ENDED: &str = r#"pangolin_retention_runs_total{outcome="ended"}"#;
    let server = &ground.lake.server;
    let (until, deadline) = (server.counter(ENDED).await? + more, Instant::now() + SOON);
    while server.counter(ENDED).await? < until {
        check(Instant::now() < deadline, || format!("{more} sweeps did not end within {SOON:?}"))?;
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// How many versions were deleted since the server started.
pub(super) async fn versions_gone(ground: &Ground) -> Outcome<u64> {
    ground.lake.server.counter(r#"pangolin_retention_rows_total{kind="versions"}"#).await
}
