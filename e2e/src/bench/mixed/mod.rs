//! What a catalog has to do on a working day: of 100 requests 90 load a table, compressed as engines ask for it, 5 commit,
//! and 5 list tables; on Postgres and a bucket.
//!
//! First by clients that wait for their answers, which tells what the machine can do; then for ten minutes half as many as
//! that, at a steady rate, whether or not the server keeps up: how long each kind waits, and whether the server grows.

mod clients;
mod slope;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use self::clients::{Committer, Lister, Loader, Mixed};
use self::slope::slope;
use super::client::Ran;
use super::closed_loop::closed_loop;
use super::meter::Meter;
use super::open_loop::open_loop;
use super::{Figure, Goal, Report};
use crate::failure::Outcome;
use crate::hosts::lake::Lake;
use crate::hosts::memory::resident;
use crate::hosts::postgres::{Postgres, index};
use crate::hosts::s3::S3;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::rest::schema;
use crate::lab::Lab;

const NAME: &str = "mixed";
const BUCKET: &str = "lake";
const NAMESPACE: &str = "n";
const TABLES: usize = 200;
/// Small enough to be full before the server's memory is looked at: a cache that fills is no leak.
const METADATA_CACHE: u64 = 32 << 20;

/// Clients that wait for their answers, and for how long.
const CALLERS: usize = 16;
const LASTS: Duration = Duration::from_secs(10);

/// The long run, the part of it after which nothing may grow any more, and how often memory is looked at.
const SOAK: Duration = Duration::from_secs(600);
const WARM_UP: Duration = Duration::from_secs(120);
const LOOK_EACH: Duration = Duration::from_secs(1);
/// Connections of those who load, commit and list; all in all fewer than the server takes at once.
const CONNECTIONS: [usize; 3] = [256, 64, 64];
const MEBIBYTE: f64 = 1_048_576.0;

/// Of 100 requests.
const LOADS: u64 = 90;
const COMMITS: u64 = 5;
const LISTS: u64 = 5;

/// What the measurements share.
struct Bench<'a> {
    lab: &'a Lab,
    postgres: &'a Postgres,
    lake: Lake,
    // Ends after the server that works on it.
    _s3: S3,
}

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    let bench = Bench::open(lab).await?;
    let rate = bench.capacity(report).await?;
    bench.soak(report, rate / 2.0).await
}

impl<'a> Bench<'a> {
    async fn open(lab: &'a Lab) -> Outcome<Self> {
        let (postgres, folder) = (lab.postgres().await?, lab.folder(NAME)?);
        let url = postgres.prepared(NAME).await?;
        postgres.count_statements(NAME).await?;
        let s3 = lab.s3(&folder).await?;
        let mut server = Server::as_deployed(lab, &folder, Database::Postgres(url.clone()), Buckets::of(&s3)).await?;
        server.cache_metadata(METADATA_CACHE).await?;
        index(&url).await?;
        let lake = Lake::in_bucket(server, &s3, BUCKET, &folder).await?;
        lake.rest.create_namespace(&lake.prefix, NAMESPACE).await?;
        for number in 0..TABLES {
            let table = json!({"name": clients::name(number), "schema": schema(), "properties": short_log()});
            lake.rest.post(&format!("{}/namespaces/{NAMESPACE}/tables", lake.prefix), &table).await?;
        }
        Ok(Self { lab, postgres, lake, _s3: s3 })
    }

    /// Requests a second by clients that wait for their answers, and what they cost.
    async fn capacity(&self, report: &mut Report) -> Outcome<f64> {
        report.step(&format!("{CALLERS} clients that wait for their answers"));
        let (mut chance, mut crew) = (self.lab.chance(), Vec::new());
        for _ in 0..CALLERS {
            crew.push(Mixed::connect(&self.lake, &mut chance).await?);
        }
        closed_loop(&mut crew, LASTS / 5).await?;
        let meter = Meter::start(&self.lake.server, self.postgres, Some(NAME)).await?;
        let ran = closed_loop(&mut crew, LASTS).await?;
        let one = meter.end().await? / ran.successes();
        tell(report, "all, who wait for answers", &ran)?;
        report.tell(Figure::new("CPU of 1,000 requests: server", "s", one.server.seconds() * 1_000.0))?;
        report.tell(Figure::new("CPU of 1,000 requests: Postgres", "s", one.postgres.seconds() * 1_000.0))?;
        report.tell(Figure::new("statements of one request", "", one.statements))?;
        report.tell(Figure::new("files read for one request", "", one.reads))?;
        report.tell(Figure::new("files written for one request", "", one.writes))?;
        Ok(ran.rate)
    }

    async fn soak(&self, report: &mut Report, rate: f64) -> Outcome {
        report.step(&format!("{rate:.0} requests a second for {} minutes", SOAK.as_secs() / 60));
        let (mut chance, lake) = (self.lab.chance(), &self.lake);
        let (mut loaders, mut committers, mut listers) = (Vec::new(), Vec::new(), Vec::new());
        let [loads, commits, lists] = CONNECTIONS;
        for _ in 0..loads {
            loaders.push(Loader::connect(lake, chance.fork()).await?);
        }
        for _ in 0..commits {
            committers.push(Committer::connect(lake, chance.fork()).await?);
        }
        for _ in 0..lists {
            listers.push(Lister::connect(lake).await?);
        }
        let part = |of_100: u64| rate * of_100 as f64 / 100.0;
        let (loads, commits, lists, memory) = tokio::try_join!(
            open_loop(&mut loaders, part(LOADS), SOAK),
            open_loop(&mut committers, part(COMMITS), SOAK),
            open_loop(&mut listers, part(LISTS), SOAK),
            self.watch(report),
        )?;
        for (what, ran) in [("loads", &loads), ("commits", &commits), ("lists", &lists)] {
            tell(report, &format!("{what} at a steady rate"), ran)?;
        }
        report.tell(Figure::new("the server's RSS in the end", "MiB", memory.last().map_or(0.0, |(_, size)| *size)))?;
        let grows = Figure::new("what the server grows by in a minute", "MiB", slope(&memory));
        report.tell(grows.goal(Goal::AtMost(1.0)))
    }

    /// Minutes since the start, and MiB that the server holds then, of all times after the warm-up.
    async fn watch(&self, report: &Report) -> Outcome<Vec<(f64, f64)>> {
        let (start, process) = (Instant::now(), self.lake.server.process()?);
        let (mut seen, mut minute) = (Vec::new(), 0);
        while start.elapsed() < SOAK {
            sleep(LOOK_EACH).await;
            let (since, size) = (start.elapsed(), resident(process)? as f64 / MEBIBYTE);
            if since >= WARM_UP {
                seen.push((since.as_secs_f64() / 60.0, size));
            }
            if since.as_secs() / 60 > minute {
                minute = since.as_secs() / 60;
                report.step(&format!("minute {minute}: the server holds {size:.1} MiB"));
            }
        }
        Ok(seen)
    }
}

/// Documents are as long after ten commits as after a thousand: else the last minute asks for more than the first one.
fn short_log() -> Value {
    json!({"write.metadata.previous-versions-max": "10"})
}

fn tell(report: &mut Report, what: &str, ran: &Ran) -> Outcome {
    report.tell(Figure::new(what, "1/s", ran.rate))?;
    for (name, time) in [("p50", ran.times.p50()), ("p99", ran.times.p99()), ("p99.9", ran.times.p999())] {
        report.tell(Figure::new(format!("{what}, {name}"), "ms", time))?;
    }
    report.tell(Figure::new(format!("{what}, answers of 500 and more"), "", ran.failures()).goal(Goal::AtMost(0.0)))
}
