//! Pages of a hundred: the first one, one from the middle, the last one, and a walk through all of them.

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::names::Names;
use super::{Bench, Figure, Goal, List, MANY, Report, ask};
use crate::bench::cpu::Cpu;
use crate::bench::meter::Work;
use crate::bench::rounds::Rounds;
use crate::bench::times::Times;
use crate::failure::{Attempt, Outcome, check};
use crate::iceberg::caller::Caller;

const PAGE: usize = 100;
const PAGES: usize = MANY as usize / PAGE;
const ROUNDS: u64 = 500;
const SELECT: &str = "SELECT of the same rows";

/// Where a page begins: the token for it, and the name before it.
#[derive(Clone, Debug, Default)]
struct Start {
    token: String,
    after: String,
}

/// A walk through all pages.
struct Walk {
    starts: Vec<Start>,
    times: Times,
    work: Work,
}

pub(super) async fn measure(bench: &Bench<'_>, list: List, names: &Names, report: &mut Report) -> Outcome {
    let word = list.word();
    report.step(&format!("pages of 100 of 100,000 {word}"));
    let walk = walk(bench, list).await?;
    let places = [("first", 0), ("middle", PAGES / 2), ("last", PAGES - 1)].map(|(at, n)| (at, &walk.starts[n]));
    let caller = Mutex::new(bench.caller().await?);
    let path = list.path(&bench.lake);
    let mut rounds = Rounds::default();
    for (_, start) in places {
        rounds = rounds.of(|_| page(&caller, &path, start)).of(|_| names.page(&start.after, PAGE));
    }
    let times: [Times; 6] = rounds.run(ROUNDS).await?;
    for ((at, _), pair) in places.iter().zip(times.chunks(2)) {
        let name = |what: &str| format!("the {at} page of {word}: {what}");
        report.tell(Figure::new(name("p50"), "ms", pair[0].p50()).beside(SELECT, pair[1].p50()))?;
        report.tell(Figure::new(name("p99"), "ms", pair[0].p99()).beside(SELECT, pair[1].p99()))?;
    }
    let late = Figure::new(format!("the last page of {word}, p50"), "ms", times[4].p50());
    report.tell(late.beside("the first page", times[0].p50()).goal(Goal::RatioAtMost(1.2)))?;
    tell_walk(report, word, &walk, plainly(bench, names, &walk).await?)
}

fn tell_walk(report: &mut Report, word: &str, walk: &Walk, plain: f64) -> Outcome {
    let Walk { starts: _, times, work } = walk;
    let name = |what: &str| format!("all 1,000 pages of {word}: {what}");
    report.tell(Figure::new(name("p50 of a page"), "ms", times.p50()))?;
    report.tell(Figure::new(name("p99 of a page"), "ms", times.p99()))?;
    report.tell(Figure::new(name("CPU of the server"), "s", work.server.seconds()))?;
    report.tell(Figure::new(name("CPU of Postgres"), "s", work.postgres.seconds()).beside(SELECT, plain))?;
    report.tell(Figure::new(name("statements a page"), "", work.statements / PAGES as f64))
}

/// From the first page to the last, as a client goes.
async fn walk(bench: &Bench<'_>, list: List) -> Outcome<Walk> {
    let (path, caller) = (list.path(&bench.lake), Mutex::new(bench.caller().await?));
    let (mut starts, mut times) = (Vec::with_capacity(PAGES), Vec::with_capacity(PAGES));
    let mut next = Some(Start::default());
    let meter = bench.meter().await?;
    while let Some(start) = next {
        let begin = Instant::now();
        let body = fetch(&caller, &path, &start).await?;
        times.push(begin.elapsed());
        next = follow(list, &body)?;
        starts.push(start);
    }
    let work = meter.end().await?;
    check(starts.len() == PAGES, || format!("{} pages hold all {}", starts.len(), list.word()))?;
    Ok(Walk { starts, times: Times::of(times), work })
}

/// Where the page after this one begins, if there is one.
fn follow(list: List, body: &[u8]) -> Outcome<Option<Start>> {
    let body: Value = serde_json::from_slice(body).attempt("read a page")?;
    let items = body[list.field()].as_array().map(Vec::as_slice).unwrap_or_default();
    check(items.len() == PAGE, || format!("a page has {} {}", items.len(), list.word()))?;
    let last = items.last().map(|item| match list {
        List::Tables => &item["name"],
        List::Namespaces => &item[0],
    });
    let after = last.and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(body["next-page-token"].as_str().map(|token| Start { token: token.to_owned(), after }))
}

/// The same rows by as many `SELECT`s: seconds of Postgres' processor.
async fn plainly(bench: &Bench<'_>, names: &Names, walk: &Walk) -> Outcome<f64> {
    let process = bench.postgres.process();
    let before = Cpu::of_family(process)?;
    for start in &walk.starts {
        names.page(&start.after, PAGE).await?;
    }
    Ok((Cpu::of_family(process)? - before).seconds())
}

async fn page(caller: &Mutex<Caller>, path: &str, start: &Start) -> Outcome {
    fetch(caller, path, start).await.map(drop)
}

async fn fetch(caller: &Mutex<Caller>, path: &str, start: &Start) -> Outcome<bytes::Bytes> {
    let path = format!("{path}?pageToken={}&pageSize={PAGE}", start.token);
    ask(&mut *caller.lock().await, &path, "identity").await
}
