//! What a warm `loadTable` costs on Postgres and a bucket, with a token and its grants: beside a handler that answers the
//! same bytes and does nothing else, and beside one-row `SELECT`s by pgbench and by the driver that the server has.
//!
//! Those who ask do so in a closed loop: the times say how long an answer takes under so many callers, not what requests
//! would wait that come whether or not the server keeps up. CPU seconds are counted by the kernel in hundredths, so each
//! measurement lasts seconds.

pub(crate) mod plain_handler;
mod reader;
mod selects;
mod tables;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use hyper::{HeaderMap, Method};

use self::plain_handler::PlainHandler;
use self::reader::Reader;
use super::client::Ran;
use super::closed_loop::closed_loop;
use super::cpu::Cpu;
use super::meter::{Meter, Work};
use super::plain::Plain;
use super::{Figure, Goal, Report, pgbench};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::hosts::postgres::{Postgres, index};
use crate::hosts::s3::S3;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::{Answer, Caller};
use crate::lab::Lab;

const NAME: &str = "load_table";
const BUCKET: &str = "lake";
/// Of one measurement.
const LASTS: Duration = Duration::from_secs(4);
/// How many ask at once, where nothing else is said.
const CALLERS: usize = 16;

/// What the measurements share.
struct Bench<'a> {
    postgres: &'a Postgres,
    folder: PathBuf,
    lake: Lake,
    // Ends after the server that reads from it.
    _s3: S3,
}

/// A measurement of the server, and one of the handler that answers the same bytes.
struct Pair {
    ours: Work,
    /// Seconds of the processor for one.
    plain: f64,
}

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    let bench = Bench::open(lab).await?;
    tables::make(&bench.lake).await?;
    report.step("one-row SELECTs by pgbench");
    tell_select(&bench, report).await?;
    report.step("one-row SELECTs by the server's driver");
    let select = selects::measure(&bench).await?;
    let small = pair(&bench, report, 10, "identity").await?;
    let large = pair(&bench, report, 500, "identity").await?;
    tell_goals(report, select, &small, &large)?;
    pair(&bench, report, 1, "identity").await?;
    pair(&bench, report, 5_000, "identity").await?;
    for snapshots in [10, 500, 5_000] {
        pair(&bench, report, snapshots, "gzip").await?;
    }
    known(&bench, report).await?;
    for callers in [1, 4, 64] {
        crowd(&bench, report, callers).await?;
    }
    Ok(())
}

impl<'a> Bench<'a> {
    async fn open(lab: &'a Lab) -> Outcome<Self> {
        let (postgres, folder) = (lab.postgres().await?, lab.folder(NAME)?);
        let url = postgres.prepared(NAME).await?;
        postgres.count_statements(NAME).await?;
        Plain::make(postgres, &url, NAME).await?;
        let s3 = lab.s3(&folder).await?;
        let server = Server::as_deployed(lab, &folder, Database::Postgres(url.clone()), Buckets::of(&s3)).await?;
        index(&url).await?;
        let lake = Lake::in_bucket(server, &s3, BUCKET, &folder).await?;
        Ok(Self { postgres, folder, lake, _s3: s3 })
    }

    /// Asks the server for a table once.
    async fn ask(&self, path: &str, headers: HeaderMap) -> Outcome<Answer> {
        let mut caller = Caller::connect(self.lake.server.uri(), &self.lake.token).await?;
        caller.send(Method::GET, path, headers, Bytes::new()).await
    }

    /// So many callers of the server, for as long as a measurement lasts; what one request costs.
    async fn load(&self, path: &str, headers: &HeaderMap, expected: &Answer, callers: usize) -> Outcome<(Ran, Work)> {
        let uri = self.lake.server.uri();
        let mut readers = Reader::crew(uri, &self.lake.token, path, headers, expected, callers).await?;
        closed_loop(&mut readers, LASTS / 8).await?;
        let meter = Meter::start(&self.lake.server, self.postgres, Some(NAME)).await?;
        let ran = closed_loop(&mut readers, LASTS).await?;
        let one = meter.end().await? / ran.successes();
        Ok((ran, one))
    }
}

/// What the database can do, in the same database.
async fn tell_select(bench: &Bench<'_>, report: &mut Report) -> Outcome {
    let process = bench.postgres.process();
    let before = Cpu::of_family(process)?;
    let url = bench.postgres.url(NAME, bench.postgres.port());
    let rate = pgbench::selects(&url, &bench.folder, CALLERS, LASTS).await?;
    let cpu = (Cpu::of_family(process)? - before) / (rate * LASTS.as_secs_f64());
    report.tell(Figure::new("one-row SELECTs of pgbench, 16 clients", "1/s", rate))?;
    report.tell(Figure::new("CPU of 1,000 one-row SELECTs: Postgres", "s", cpu.seconds() * 1_000.0))
}

async fn pair(bench: &Bench<'_>, report: &mut Report, snapshots: usize, coding: &'static str) -> Outcome<Pair> {
    report.step(&format!("{snapshots} snapshots, {coding}"));
    let (path, headers) = (tables::path(&bench.lake, snapshots), accept(coding)?);
    let expected = bench.ask(&path, headers.clone()).await?;
    check(expected.status == 200, || format!("a table is answered with {}", expected.status))?;
    let (ran, ours) = bench.load(&path, &headers, &expected, CALLERS).await?;
    let (plain_ran, plain) = plainly(&bench.folder, &expected).await?;
    let name = |what: &str| format!("{snapshots} snapshots, {coding}: {what}");
    let beside = "a handler of the same bytes";
    report.tell(Figure::new(name("size of the answer"), "kB", expected.body.len() as f64 / 1_000.0))?;
    report.tell(Figure::new(name("a copy of it in memory"), "µs", copying(&expected.body) * 1_000_000.0))?;
    report.tell(Figure::new(name("loads"), "1/s", ran.rate).beside(beside, plain_ran.rate))?;
    report.tell(Figure::new(name("p50"), "ms", ran.times.p50()).beside(beside, plain_ran.times.p50()))?;
    report.tell(Figure::new(name("p99"), "ms", ran.times.p99()).beside(beside, plain_ran.times.p99()))?;
    let thousand = |what: &str, one: f64| Figure::new(name(what), "s", one * 1_000.0).beside(beside, plain * 1_000.0);
    report.tell(thousand("CPU of 1,000", ours.cpu()))?;
    report.tell(thousand("CPU of 1,000 in the server", ours.server.seconds()))?;
    report.tell(Figure::new(name("statements of one"), "", ours.statements))?;
    report.tell(Figure::new(name("reads of the bucket of one"), "", ours.reads))?;
    Ok(Pair { ours, plain })
}

fn tell_goals(report: &mut Report, select: f64, small: &Pair, large: &Pair) -> Outcome {
    let what = "CPU of 1,000 loads with 10 snapshots, server and Postgres";
    let cpu = || Figure::new(what, "s", small.ours.cpu() * 1_000.0);
    report.tell(cpu().goal(Goal::AtMost(0.13)))?;
    let beside = "one-row SELECTs by the same driver";
    report.tell(cpu().beside(beside, select * 1_000.0).goal(Goal::RatioAtMost(1.5)))?;
    let more = (large.ours.cpu() - small.ours.cpu()) * 1_000.0;
    let more = Figure::new("what 490 snapshots more cost 1,000 loads", "s", more);
    let copy = (large.plain - small.plain) * 1_000.0;
    report.tell(more.beside("a handler of the same bytes", copy).goal(Goal::RatioAtMost(1.5)))
}

/// The client has it already.
async fn known(bench: &Bench<'_>, report: &mut Report) -> Outcome {
    report.step("10 snapshots, known to the client");
    let path = tables::path(&bench.lake, 10);
    let first = bench.ask(&path, HeaderMap::new()).await?;
    let tag = first.tag.ok_or_else(|| Failure::new("a table has no ETag"))?;
    let headers = HeaderMap::from_iter([(IF_NONE_MATCH, tag)]);
    let expected = bench.ask(&path, headers.clone()).await?;
    check(expected.status == 304, || format!("a table that is known is answered with {}", expected.status))?;
    let (ran, one) = bench.load(&path, &headers, &expected, CALLERS).await?;
    report.tell(Figure::new("304: answers", "1/s", ran.rate))?;
    report.tell(Figure::new("304: CPU of 1,000", "s", one.cpu() * 1_000.0))
}

async fn crowd(bench: &Bench<'_>, report: &mut Report, callers: usize) -> Outcome {
    report.step(&format!("10 snapshots, {callers} callers"));
    let (path, headers) = (tables::path(&bench.lake, 10), accept("identity")?);
    let expected = bench.ask(&path, headers.clone()).await?;
    let (ran, one) = bench.load(&path, &headers, &expected, callers).await?;
    let name = |what: &str| format!("10 snapshots, {callers} callers: {what}");
    report.tell(Figure::new(name("loads"), "1/s", ran.rate))?;
    report.tell(Figure::new(name("p50"), "ms", ran.times.p50()))?;
    report.tell(Figure::new(name("p99"), "ms", ran.times.p99()))?;
    report.tell(Figure::new(name("CPU of 1,000"), "s", one.cpu() * 1_000.0))
}

/// The same bytes from a handler that does nothing else, in a process of its own; seconds of the processor for one.
async fn plainly(folder: &Path, answer: &Answer) -> Outcome<(Ran, f64)> {
    let handler = PlainHandler::start(folder, answer).await?;
    let mut readers = Reader::crew(&handler.uri, "none", "/", &HeaderMap::new(), answer, CALLERS).await?;
    closed_loop(&mut readers, LASTS / 8).await?;
    let before = handler.cpu()?;
    let ran = closed_loop(&mut readers, LASTS).await?;
    let one = (handler.cpu()? - before) / ran.successes();
    Ok((ran, one.seconds()))
}

/// Seconds for one copy of the bytes in memory.
fn copying(bytes: &[u8]) -> f64 {
    let (start, mut copies, mut copy) = (Instant::now(), 0_u32, Vec::with_capacity(bytes.len()));
    while start.elapsed() < LASTS / 40 {
        copy.clear();
        copy.extend_from_slice(black_box(bytes));
        black_box(&copy);
        copies += 1;
    }
    start.elapsed().as_secs_f64() / f64::from(copies)
}

fn accept(coding: &'static str) -> Outcome<HeaderMap> {
    Ok(HeaderMap::from_iter([(ACCEPT_ENCODING, coding.parse().attempt("write a coding")?)]))
}
