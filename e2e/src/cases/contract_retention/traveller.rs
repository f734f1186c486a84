//! One who looks at what was there some commits ago, by the commit's uuid.

use std::time::Duration;

use tokio::time::sleep;

use super::Play;
use crate::chance::Chance;
use crate::failure::{Outcome, check};

/// Milliseconds, at most.
const PAUSE: u64 = 50;

/// Looks until the race is over: what is seen is right, and what is gone may be gone.
pub(super) async fn work(play: &Play, mut chance: Chance) -> Outcome {
    while !play.over.get() {
        sleep(Duration::from_millis(chance.below(PAUSE))).await;
        let Some(commit) = play.history.pick(&mut chance) else { continue };
        let tagged = commit.tagged.get();
        let sight = play.ground.look(&commit.id).await?;
        // It may go while somebody is looking: what was seen before is right nevertheless.
        check(commit.state.starts_with(&sight.tables), || format!("{commit} is seen as {sight:?}"))?;
        if sight.gone {
            play.history.may_be_gone(&commit, tagged)?;
            play.tally.too_late.add();
        } else {
            play.tally.seen.add();
        }
    }
    Ok(())
}
