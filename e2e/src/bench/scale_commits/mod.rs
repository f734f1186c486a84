//! How many commits a second, beside one-row durable updates of the same Postgres by as many clients.
//!
//! The server is a process of its own, with a warehouse in a folder: each commit reads the pointer, writes a metadata file
//! and moves the pointer in a transaction. The machine is shared by the server, Postgres and those who ask, so that what
//! they cost stands in the table as well.

mod hot_table;
mod own_tables;
mod reader;
mod replicas;
mod store_alone;

use std::path::PathBuf;
use std::time::Duration;

use super::client::Ran;
use super::ground::Ground;
use super::{Figure, Goal, Report, pgbench};
use crate::failure::Outcome;
use crate::hosts::lake::Lake;
use crate::hosts::postgres::{Postgres, index};
use crate::hosts::server::{Buckets, Database, Server};
use crate::lab::Lab;

const NAME: &str = "scale_commits";
/// Who asks at once.
const WRITERS: usize = 16;
/// Of one measurement.
const LASTS: Duration = Duration::from_secs(6);

/// What the measurements share.
struct Bench<'a> {
    lab: &'a Lab,
    postgres: &'a Postgres,
    folder: PathBuf,
    /// A database for the store alone, and the plain rows in it.
    ground: Ground,
    /// A server on a database of its own.
    lake: Lake,
    /// One-row durable updates a second by as many clients as there are writers.
    updates: f64,
}

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    let postgres = lab.postgres().await?;
    let ground = Ground::make(postgres, "scale_commits_store").await?;
    index(&ground.url).await?;
    let folder = lab.folder(NAME)?;
    let server =
        Server::as_deployed(lab, &folder, Database::Postgres(postgres.prepared(NAME).await?), Buckets::NONE).await?;
    let lake = Lake::in_folder(server, &folder).await?;
    report.step("one-row durable updates by pgbench");
    let before = pgbench::updates(&ground.url, &folder, WRITERS, LASTS).await?;
    let mut bench = Bench { lab, postgres, folder, ground, lake, updates: before };
    let alone = store_alone::measure(&bench, report).await?;
    let own = own_tables::measure(&bench, report).await?;
    let hot = hot_table::measure(&bench, report).await?;
    report.step("one-row durable updates by pgbench, again");
    let after = pgbench::updates(&bench.ground.url, &bench.folder, WRITERS, LASTS).await?;
    bench.updates = (before + after) / 2.0;
    report.tell(Figure::new("one-row updates of pgbench, 16 clients", "1/s", after).beside("before", before))?;
    tell_rates(&bench, report, &alone, &own, &hot)?;
    reader::measure(&bench, report).await?;
    replicas::measure(&bench, report).await
}

/// What has pgbench as its limit, which is known only when all is measured.
fn tell_rates(bench: &Bench<'_>, report: &mut Report, alone: &Ran, own: &Ran, hot: &hot_table::Hot) -> Outcome {
    let beside = |name: &str, rate: f64| Figure::new(name, "1/s", rate).beside("pgbench", bench.updates);
    report.tell(beside("commits of the store alone, 16 tables", alone.rate).goal(Goal::RatioAtLeast(0.4)))?;
    report.tell(beside("commits through HTTP, 16 tables", own.rate).goal(Goal::RatioAtLeast(0.2)))?;
    for (ran, what) in [(&hot.rebased, "commits that need no reload"), (&hot.appends, "appends")] {
        let name = format!("{what} through HTTP, one table");
        report.tell(beside(&name, ran.rate).goal(Goal::AtLeast(250.0)))?;
    }
    Ok(())
}

/// The answers of a measurement, by status, and how long the successful ones took.
fn tell_answers(report: &mut Report, what: &str, ran: &Ran) -> Outcome {
    report.tell(Figure::new(format!("{what}, p50"), "ms", ran.times.p50()))?;
    report.tell(Figure::new(format!("{what}, p99"), "ms", ran.times.p99()))?;
    for (status, count) in &ran.answers {
        report.tell(Figure::new(format!("{what}, answers {status}"), "", *count as f64))?;
    }
    report.tell(Figure::new(format!("{what}, answers of 500 and more"), "", ran.failures()).goal(Goal::AtMost(0.0)))
}
