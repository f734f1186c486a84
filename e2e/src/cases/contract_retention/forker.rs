//! One who forks what was there some commits ago, and looks whether it stays.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::history::Commit;
use super::{Play, WINDOW};
use crate::chance::Chance;
use crate::failure::{Outcome, check};

/// Several sweeps.
const A_WHILE: Duration = Duration::from_millis(3_200);
/// When there is nothing to fork yet.
const A_MOMENT: Duration = Duration::from_millis(10);
/// One fork of so many is there until the end.
const KEPT: u64 = 6;

/// Forks until the race is over.
pub(super) async fn work(play: &Play, number: u64, mut chance: Chance) -> Outcome {
    let mut made = 0;
    while !play.over.get() {
        let Some(commit) = play.history.pick(&mut chance) else {
            sleep(A_MOMENT).await;
            continue;
        };
        let (tagged, name) = (commit.tagged.get(), format!("fork-{number}-{made}"));
        if play.ground.fork(&name, &commit.id).await? {
            made += 1;
            stays(play, &name, &commit).await?;
            end(play, name, commit, chance.below(KEPT) == 0).await?;
        } else {
            play.history.may_be_gone(&commit, tagged)?;
            play.tally.refused.add();
            play.refused.borrow_mut().push(commit);
        }
    }
    Ok(())
}

/// The fork shows what it was made from, at once and some sweeps later.
async fn stays(play: &Play, name: &str, commit: &Commit) -> Outcome {
    for wait in [Duration::ZERO, A_WHILE] {
        sleep(wait).await;
        let sight = play.ground.look(name).await?;
        check(!sight.gone && sight.tables == commit.state, || {
            format!("{wait:?} after it was made, {name} of {commit} shows {sight:?}")
        })?;
    }
    play.tally.lived.add();
    if play.history.age(commit) > u64::from(WINDOW) {
        play.tally.outlived.add();
    }
    Ok(())
}

/// Takes the fork away, or leaves it for the end.
async fn end(play: &Play, name: String, commit: Rc<Commit>, keep: bool) -> Outcome {
    if keep || play.over.get() {
        play.refs.borrow_mut().push((name, commit));
        return Ok(());
    }
    play.ground.delete(&name).await
}
