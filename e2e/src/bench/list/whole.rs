//! A whole list in one answer: how long it takes, what it costs, and how far the server grows for it.

use serde_json::Value;
use tokio::sync::Mutex;

use super::names::Names;
use super::{Bench, Figure, Goal, List, MANY, Report, ask};
use crate::bench::rounds::Rounds;
use crate::bench::times::Times;
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::memory::Growth;
use crate::iceberg::caller::Caller;

const ROUNDS: u64 = 20;
const MEBIBYTE: f64 = 1_048_576.0;
/// Bytes that a server may grow for a whole list.
const GROWS_BY: f64 = 30.0;
const SELECT: &str = "SELECT of the same rows";

pub(super) async fn measure(bench: &mut Bench<'_>, list: List, names: &Names, report: &mut Report) -> Outcome {
    let word = list.word();
    report.step(&format!("all 100,000 {word} in one answer"));
    for coding in ["identity", "gzip"] {
        let grown = growth(bench, list, coding).await?;
        let figure = Figure::new(format!("all {word}, {coding}: growth of the server's RSS"), "MiB", grown);
        report.tell(figure.goal(Goal::AtMost(GROWS_BY)))?;
    }
    let (path, caller) = (list.path(&bench.lake), Mutex::new(bench.caller().await?));
    let rounds = Rounds::default().of(|_| all(&caller, &path)).of(|_| names.all());
    let [whole, select]: [Times; 2] = rounds.run(ROUNDS).await?;
    let name = |what: &str| format!("all {word}: {what}");
    report.tell(Figure::new(name("p50"), "ms", whole.p50()).beside(SELECT, select.p50()))?;
    report.tell(Figure::new(name("p99"), "ms", whole.p99()).beside(SELECT, select.p99()))?;
    let meter = bench.meter().await?;
    for _ in 0..ROUNDS {
        all(&caller, &path).await?;
    }
    let one = meter.end().await? / ROUNDS as f64;
    report.tell(Figure::new(name("CPU of the server"), "s", one.server.seconds()))?;
    report.tell(Figure::new(name("CPU of Postgres"), "s", one.postgres.seconds()))?;
    report.tell(Figure::new(name("statements"), "", one.statements))
}

/// Of a server that has just begun: what it took for an earlier list would be there for the next.
async fn growth(bench: &mut Bench<'_>, list: List, coding: &'static str) -> Outcome<f64> {
    bench.lake.server.kill()?;
    bench.lake.server.start_again().await?;
    let (path, mut caller) = (list.path(&bench.lake), bench.caller().await?);
    ask(&mut caller, &format!("{path}?pageToken="), coding).await?;
    let growth = Growth::watch(bench.lake.server.process()?)?;
    let body = ask(&mut caller, &path, coding).await?;
    let grown = growth.so_far()?;
    if coding == "identity" {
        must_be_whole(list, &body)?;
    }
    Ok(grown as f64 / MEBIBYTE)
}

fn must_be_whole(list: List, body: &[u8]) -> Outcome {
    let body: Value = serde_json::from_slice(body).attempt("read a list")?;
    let count = body[list.field()].as_array().map_or(0, Vec::len);
    check(count == MANY as usize, || format!("all {} are {count}", list.word()))
}

async fn all(caller: &Mutex<Caller>, path: &str) -> Outcome {
    ask(&mut *caller.lock().await, path, "identity").await.map(drop)
}
