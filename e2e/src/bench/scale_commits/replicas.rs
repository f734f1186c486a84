//! Two servers on one database: one whose queue is never empty must not keep the other one waiting.

use std::time::Duration;

use super::{Bench, LASTS, NAME, WRITERS};
use crate::bench::closed_loop::closed_loop;
use crate::bench::owner::Owner;
use crate::bench::{Figure, Goal, Report};
use crate::failure::Outcome;
use crate::hosts::server::Server;

const MANY: usize = 48;
const FEW: usize = 4;

pub(super) async fn measure(bench: &Bench<'_>, report: &mut Report) -> Outcome {
    report.step("commits through two servers");
    let url = bench.postgres.url(NAME, bench.postgres.port());
    let replica = bench.lake.server.replica(&bench.folder.join("replica"), url).await?;
    let mut many = Owner::crew(&bench.lake, bench.lake.server.uri(), "many", MANY).await?;
    let mut few = Owner::crew(&bench.lake, replica.uri(), "few", FEW).await?;
    let all = LASTS + Duration::from_secs(1);
    let (crowded, other) = tokio::try_join!(closed_loop(&mut many, all), closed_loop(&mut few, all))?;
    let both = crowded.rate + other.rate;
    report.tell(Figure::new("commits through two servers, 48 and 4 writers", "1/s", both))?;
    let p50 = Figure::new("a commit through the server with 4 writers, p50", "ms", other.times.p50());
    report.tell(p50.beside("with 48", crowded.times.p50()).goal(Goal::RatioAtMost(1.5)))?;
    let p99 = Figure::new("a commit through the server with 4 writers, p99", "ms", other.times.p99());
    report.tell(p99.beside("with 48", crowded.times.p99()).goal(Goal::RatioAtMost(1.5)))?;
    one_table(bench, report, &replica).await
}

/// Who commits through one server must not keep those of the other one from the same table.
async fn one_table(bench: &Bench<'_>, report: &mut Report, replica: &Server) -> Outcome {
    report.step("commits to one table through two servers");
    let mut here = Owner::crowd(&bench.lake, "shared", WRITERS / 2).await?;
    let mut there = Vec::new();
    for owner in &here {
        there.push(owner.beside(&bench.lake, replica.uri()).await?);
    }
    let (here, there) = tokio::try_join!(closed_loop(&mut here, LASTS), closed_loop(&mut there, LASTS))?;
    let both = Figure::new("commits to one table through two servers", "1/s", here.rate + there.rate);
    report.tell(both.goal(Goal::AtLeast(250.0)))?;
    super::tell_answers(report, "one table, one server", &here)?;
    super::tell_answers(report, "one table, the other server", &there)?;
    let (fewer, more) = (here.rate.min(there.rate), here.rate.max(there.rate));
    let shared = Figure::new("one table, commits of the slower server", "1/s", fewer);
    report.tell(shared.beside("of the faster one", more).goal(Goal::RatioAtLeast(0.5)))
}
