//! What the server's metrics say of its sweeps.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ground::Ground;
use crate::failure::{Attempt, Outcome, check};
use crate::iceberg::rest::Rest;

/// A sweep begins each second; no machine is so busy.
const SOON: Duration = Duration::from_secs(60);

/// Waits until so many more sweeps have ended.
pub(super) async fn pass(ground: &Ground, more: u64) -> Outcome {
    const ENDED: &str = r#"pangolin_retention_runs_total{outcome="ended"}"#;
    let (until, deadline) = (counter(ground, ENDED).await? + more, Instant::now() + SOON);
    while counter(ground, ENDED).await? < until {
        check(Instant::now() < deadline, || format!("{more} sweeps did not end within {SOON:?}"))?;
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// How many versions were deleted since the server started.
pub(super) async fn versions_gone(ground: &Ground) -> Outcome<u64> {
    counter(ground, r#"pangolin_retention_rows_total{kind="versions"}"#).await
}

/// 0 if it was never counted.
async fn counter(ground: &Ground, name: &str) -> Outcome<u64> {
    let text = Rest::new(ground.lake.server.platform_uri(), None)?.text("/metrics").await?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)).map_or("0", str::trim);
    value.parse().attempt(format!("read {name}"))
}
