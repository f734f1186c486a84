//! The one who moves `main` on.

use std::time::Duration;

use tokio::time::sleep;

use super::Play;
use super::ground::TABLES;
use crate::chance::Chance;
use crate::failure::Outcome;

/// Commits from one tag to the next.
const TAG_EVERY: u64 = 30;
/// Milliseconds, at most: so that forks and reads come between commits, and a sweep leaves some tens behind.
const PAUSE: u64 = 40;

/// Commits to the tables in turn and writes down what is there after each commit.
pub(super) async fn write(play: &Play, mut chance: Chance) -> Outcome {
    let mut state = play.ground.look("main").await?.tables;
    let mut turn = 0;
    while !play.over.get() {
        let table = turn % TABLES;
        turn += 1;
        state[table] = play.ground.write(table, &turn.to_string()).await?;
        let commit = play.history.push(play.ground.newest().await?, state.clone());
        if play.history.len().is_multiple_of(TAG_EVERY) {
            let name = format!("tag-{turn}");
            play.ground.tag(&name, &commit.id).await?;
            commit.tagged.set(true);
            play.tally.tags.add();
            play.refs.borrow_mut().push((name, commit));
        }
        sleep(Duration::from_millis(chance.below(PAUSE))).await;
    }
    Ok(())
}
