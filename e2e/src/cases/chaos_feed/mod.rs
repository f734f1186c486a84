//! The feed that keeps servers coherent is mistreated: notifications are lost and those who listen are killed, the way to
//! Postgres is broken, Postgres is restarted, and changes are deleted while the follower sleeps. A change still arrives
//! within the bound, nothing is accepted past it that nobody can verify, and all is well and quick afterwards.

mod ground;
mod listener;
mod outage;
mod pruned;

use std::time::Duration;

use self::ground::Ground;
use crate::failure::{Attempt, Outcome};
use crate::lab::Lab;

const CASE: &str = "chaos_feed";
/// As servers have it that are told nothing about it: `access_cache.bound`.
const BOUND: Duration = Duration::from_secs(2);
/// Between two reads of the feed: half of the bound.
const POLL: Duration = Duration::from_secs(1);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut ground = Ground::open(lab, &lab.folder(CASE)?, lab.chance()).await?;
    let said = [
        listener::is_lost(&mut ground).await.attempt("the listener is lost")?,
        outage::of_the_line(&mut ground).await.attempt("the line is broken")?,
        outage::of_postgres(&mut ground).await.attempt("Postgres is restarted")?,
        pruned::is_noticed(&mut ground).await.attempt("the feed is pruned")?,
    ];
    Ok(said.join("; "))
}
