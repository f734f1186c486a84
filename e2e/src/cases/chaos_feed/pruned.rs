//! Changes are deleted from the feed while the follower sleeps.

use std::time::Duration;

use tokio::time::sleep;

use super::BOUND;
use super::ground::{Ground, ask};
use crate::failure::{Attempt, Outcome, check};

const RESETS: &str = "pangolin_access_cache_resets_total";
const SAYS: &str = "missed changes of the feed";

pub(super) async fn is_noticed(ground: &mut Ground) -> Outcome<String> {
    let all = "true";
    let but_the_newest = "id < (SELECT id FROM pangolin.feed)";
    // A short sleep ends while the follower may still trust what it has; only the gap tells it that it must not.
    for (sleeps, which) in [(BOUND / 4, all), (BOUND / 4, but_the_newest), (BOUND + Duration::from_secs(1), all)] {
        sleep_through(ground, sleeps, which).await.attempt(format!("after a sleep of {sleeps:?}"))?;
    }
    check(ground.follower.log()?.contains(SAYS), || "the log does not say that changes were missed".to_owned())?;
    Ok("3 gaps of the feed noticed".to_owned())
}

async fn sleep_through(ground: &mut Ground, sleeps: Duration, which: &str) -> Outcome {
    let (first, second, valid) = (ground.known().await?, ground.known().await?, ground.known().await?);
    let before = ground.follower.counter(RESETS).await?;
    ground.follower.sleep(true)?;
    let revoked = async {
        // What it asked before has its answer.
        sleep(Duration::from_millis(50)).await;
        let revoked = (ground.revoke(&first).await?, ground.revoke(&second).await?);
        ground.prune(which).await?;
        sleep(sleeps).await;
        Ok(revoked)
    };
    let revoked = revoked.await;
    ground.follower.sleep(false)?;
    let revoked: (_, _) = revoked?;
    ground.refuses(&first, revoked.0).await?;
    ground.refuses(&second, revoked.1).await?;
    // They are refused because the database was asked, perhaps: what is kept has to be right as well.
    let pause = BOUND / 2;
    sleep(pause).await;
    for known in [&first, &second] {
        let status = ask(&ground.follower, known).await?;
        check(status == 401, || format!("{pause:?} later a token that is revoked is answered {status}"))?;
    }
    ground.is_accepted(&ground.follower, &valid).await?;
    let after = ground.follower.counter(RESETS).await?;
    check(after > before, || format!("the follower has not noticed the gap: {before} resets, then {after}"))
}
