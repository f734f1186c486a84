//! Retention against forks of the past, on both stores: while `main` moves on and the windows with it, every fork that
//! was made shows what it was made from for as long as it is there, and whoever looks back sees exactly what was there,
//! or is told that it is gone; never something between. When nobody looks any more, the rows go.

mod forker;
mod ground;
mod history;
mod sweeps;
mod tally;
mod traveller;
mod writer;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::stream::{self, FuturesUnordered};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use tokio::time::sleep;

use self::ground::Ground;
use self::history::{Commit, History};
use self::tally::Tally;
use super::store::Store;
use crate::chance::Chance;
use crate::failure::{Attempt, Outcome, check};
use crate::lab::Lab;

const CASE: &str = "contract_retention";
/// The policy: the states before so many of the newest commits stay.
const WINDOW: u32 = 20;
/// The race takes so long, and as much longer as the writer needs for so many commits.
const SECONDS: u64 = 20;
const COMMITS: u64 = 100;
/// At work at the same time, each with one fork that it waits for. With all others they are fewer than the connections of
/// the server, which may wait for long where the machine is busy.
const FORKERS: u64 = 8;
const TRAVELLERS: u64 = 4;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let rounds = Store::BOTH.map(|kind| async move { round(lab, kind).await.attempt(format!("on {kind:?}")) });
    let said: Vec<String> = stream::iter(rounds).buffered(Store::BOTH.len()).try_collect().await?;
    Ok(said.join("; "))
}

async fn round(lab: &Lab, kind: Store) -> Outcome<String> {
    let play = Play::open(lab, kind).await?;
    play.race(lab.chance(), Duration::from_secs(lab.rounds(SECONDS))).await?;
    play.tally.enough()?;
    sweeps::pass(&play.ground, 3).await?;
    play.all_that_is_shown_is_there().await.attempt("after the race")?;
    play.the_window_has_an_edge().await.attempt("after the race")?;
    play.what_was_refused_stays_refused().await?;
    play.let_go().await?;
    sweeps::pass(&play.ground, 4).await?;
    let gone = play.rows_went().await?;
    Ok(format!("{kind:?}: {}, {gone} versions gone", play.says()))
}

/// What all who race share.
struct Play {
    ground: Ground,
    history: History,
    tally: Tally,
    /// Nobody begins anything else.
    over: Cell<bool>,
    /// Forks and tags that are there until the end, and what each shows.
    refs: RefCell<Vec<(String, Rc<Commit>)>>,
    /// What nobody could fork.
    refused: RefCell<Vec<Rc<Commit>>>,
}

impl Play {
    async fn open(lab: &Lab, kind: Store) -> Outcome<Self> {
        Ok(Self {
            ground: Ground::open(lab, kind).await?,
            history: History::default(),
            tally: Tally::default(),
            over: Cell::new(false),
            refs: RefCell::default(),
            refused: RefCell::default(),
        })
    }

    /// One writes, some fork, some look back, until the time is up.
    async fn race(&self, mut chance: Chance, lasts: Duration) -> Outcome {
        let clock = async {
            sleep(lasts).await;
            while self.history.len() < COMMITS {
                sleep(Duration::from_millis(10)).await;
            }
            self.over.set(true);
            Ok(())
        };
        // Each is polled only when it has something to do: a join polls all, and starves whoever is last of so many.
        let mut racers =
            FuturesUnordered::from_iter([clock.boxed_local(), writer::write(self, chance.fork()).boxed_local()]);
        racers.extend((0..FORKERS).map(|number| forker::work(self, number, chance.fork()).boxed_local()));
        racers.extend((0..TRAVELLERS).map(|_| traveller::work(self, chance.fork()).boxed_local()));
        racers.try_collect().await
    }

    async fn all_that_is_shown_is_there(&self) -> Outcome {
        let refs = self.refs.borrow().clone();
        for (name, commit) in refs {
            let sight = self.ground.look(&name).await?;
            check(!sight.gone && sight.tables == commit.state, || format!("{name} of {commit} shows {sight:?}"))?;
        }
        Ok(())
    }

    /// Nobody writes any more: it is known to the commit what the window shows.
    async fn the_window_has_an_edge(&self) -> Outcome {
        for commit in self.history.recent() {
            let sight = self.ground.look(&commit.id).await?;
            let there = self.history.age(&commit) <= u64::from(WINDOW) || commit.tagged.get();
            let right = if there { !sight.gone && sight.tables == commit.state } else { sight.gone };
            check(right, || format!("{commit}, {} commits ago, is {sight:?}", self.history.age(&commit)))?;
        }
        Ok(())
    }

    async fn what_was_refused_stays_refused(&self) -> Outcome {
        let refused = self.refused.borrow().clone();
        for (number, commit) in refused.into_iter().enumerate() {
            let made = self.ground.fork(&format!("again-{number}"), &commit.id).await?;
            check(!made, || format!("{commit} was refused, and could be forked later"))?;
        }
        Ok(())
    }

    async fn let_go(&self) -> Outcome {
        for (name, _) in self.refs.take() {
            self.ground.delete(&name).await?;
        }
        Ok(())
    }

    /// How many versions were deleted: of as many as there are commits, and one more a table, all but those of the window
    /// and what each table was where it begins.
    async fn rows_went(&self) -> Outcome<u64> {
        let (gone, written) = (sweeps::versions_gone(&self.ground).await?, self.history.len());
        check(gone == written - u64::from(WINDOW), || format!("{gone} versions are gone after {written} commits"))?;
        Ok(gone)
    }

    fn says(&self) -> String {
        format!("{} commits, {}", self.history.len(), self.tally)
    }
}
