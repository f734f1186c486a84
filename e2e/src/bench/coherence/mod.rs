//! How long it takes until the last of three servers honours a change: from the moment when the server that made it says
//! so. Beside a notification of the same Postgres to somebody who only listens.
//!
//! Those who look ask each server again and again, so that a time includes the request that sees the change, and what the
//! others cost the machine meanwhile.

mod changes;
mod servers;

use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{Connection as _, Executor as _};
use tokio::time::Instant;

use self::changes::Kind;
use self::servers::Servers;
use super::times::Times;
use super::{Figure, Goal, Report};
use crate::failure::{Attempt, Outcome};
use crate::hosts::postgres::Postgres;
use crate::lab::Lab;

const NAME: &str = "coherence";
/// Changes of each kind.
const MANY: u64 = 300;
/// The same without notifications, where each takes some tenths of a second.
const FEW: u64 = 25;
/// `access_cache.bound` where nothing is said about it, in milliseconds.
const BOUND: f64 = 2_000.0;

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    let postgres = lab.postgres().await?;
    let mut servers = Servers::start(lab, postgres).await?;
    report.step("notifications alone");
    let notified = notifications(postgres).await?;
    for kind in Kind::ALL {
        report.step(kind.says());
        let (makes, honours) = kind.times(&mut servers, MANY).await?;
        let name = |what: &str| format!("{}: {what}", kind.says());
        report.tell(Figure::new(name("made"), "ms", makes.p50()))?;
        let p50 = Figure::new(name("honoured by all, p50"), "ms", honours.p50());
        report.tell(p50.beside("NOTIFY", notified.p50()).goal(Goal::AtMost(50.0)))?;
        let p99 = Figure::new(name("honoured by all, p99"), "ms", honours.p99());
        report.tell(p99.beside("NOTIFY", notified.p99()).goal(Goal::AtMost(1_000.0)))?;
    }
    servers.hush();
    for kind in Kind::ALL {
        report.step(&format!("{}, without notifications", kind.says()));
        let (_, honours) = kind.times(&mut servers, FEW).await?;
        let name = |what: &str| format!("{}, without notifications: {what}", kind.says());
        report.tell(Figure::new(name("p50"), "ms", honours.p50()))?;
        report.tell(Figure::new(name("longest"), "ms", honours.longest()).goal(Goal::AtMost(BOUND)))?;
    }
    Ok(())
}

/// From the statement until a listener hears of it.
async fn notifications(postgres: &Postgres) -> Outcome<Times> {
    let url = postgres.url(NAME, postgres.port());
    let mut listener = PgListener::connect(&url).await.attempt("connect a listener")?;
    listener.listen("bench").await.attempt("listen")?;
    let mut sender = postgres.connect(NAME).await?;
    let mut times = Vec::new();
    for _ in 0..MANY {
        let start = Instant::now();
        sender.execute("NOTIFY bench").await.attempt("notify")?;
        listener.recv().await.attempt("hear of it")?;
        times.push(start.elapsed());
    }
    sender.close().await.attempt("leave")?;
    Ok(Times::of(times))
}

/// How long each change took, and then until it was honoured.
type Took = (Times, Times);

fn took(times: Vec<(Duration, Duration)>) -> Took {
    let (makes, honours) = times.into_iter().unzip();
    (Times::of(makes), Times::of(honours))
}
