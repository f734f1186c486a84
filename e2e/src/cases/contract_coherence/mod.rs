//! Three servers on one Postgres, two of them with slow ways to it: random changes through any of them, while readers ask
//! all. What each answer may be says a model that knows when which change was acknowledged: no read that begins later than
//! the bound after a change sees what was before it, none at all through the server that made the change, and a server
//! that has shown a change does not go back behind it.
//!
//! A warehouse cannot be deleted and a token's grants never change: so warehouses come and have new settings, and a token
//! is replaced by another one of its owner.

mod changes;
mod ground;
mod history;
mod reader;
mod tally;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures::future::{LocalBoxFuture, try_join_all};
use futures::{FutureExt as _, TryFutureExt as _};
use tokio::time::sleep;

use self::ground::Ground;
use self::tally::Tally;
use crate::failure::{Attempt, Outcome};
use crate::lab::Lab;

const CASE: &str = "contract_coherence";
/// As servers have it that are told nothing about it: `access_cache.bound`.
const BOUND: Duration = Duration::from_secs(2);
const SERVERS: usize = 3;
/// Through each server.
const READERS: usize = 5;
/// That may come.
const WAREHOUSES: usize = 150;
/// It takes so long, and as much longer, up to a minute, as it takes to try enough.
const SECONDS: u64 = 20;
const MORE: u64 = 60;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab).await.attempt(format!("with seed {}", lab.seed))
}

/// What those who change and those who read share.
struct Play {
    ground: Ground,
    tally: RefCell<Tally>,
    is_over: Cell<bool>,
}

impl Play {
    fn is_over(&self) -> bool {
        self.is_over.get()
    }

    async fn end(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds)).await;
        for _ in 0..MORE {
            if self.tally.borrow().is_enough() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
        self.is_over.set(true);
    }
}

async fn play(lab: &Lab) -> Outcome<String> {
    let mut chance = lab.chance();
    let ground = Ground::open(lab, &mut chance).await?;
    let play = &Play { ground, tally: RefCell::default(), is_over: Cell::new(false) };
    let mut tasks: Vec<LocalBoxFuture<'_, Outcome>> = vec![
        changes::tokens(play, "a", chance.fork()).boxed_local(),
        changes::tokens(play, "b", chance.fork()).boxed_local(),
        changes::refs(play, chance.fork()).boxed_local(),
        changes::settings(play, chance.fork()).boxed_local(),
        changes::warehouses(play, chance.fork()).boxed_local(),
        play.ground.weather(|| play.is_over(), chance.fork()).map(Ok).boxed_local(),
        play.end(lab.rounds(SECONDS)).map(Ok).boxed_local(),
    ];
    for (number, server) in play.ground.servers().enumerate() {
        for _ in 0..READERS {
            tasks.push(reader::read(play, (number, server), chance.fork()).boxed_local());
        }
    }
    try_join_all(tasks).map_ok(drop).await?;
    play.tally.take().told(&play.ground).await
}
