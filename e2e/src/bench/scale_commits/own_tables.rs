//! Each writer has a table of its own.

use super::{Bench, LASTS, WRITERS};
use crate::bench::client::Ran;
use crate::bench::closed_loop::closed_loop;
use crate::bench::meter::{Meter, Work};
use crate::bench::owner::Owner;
use crate::bench::{Figure, Report};
use crate::failure::Outcome;

pub(super) async fn measure(bench: &Bench<'_>, report: &mut Report) -> Outcome<Ran> {
    report.step("commits through HTTP, a table a writer");
    let mut crew = Owner::crew(&bench.lake, bench.lake.server.uri(), "own", WRITERS).await?;
    closed_loop(&mut crew, LASTS / 6).await?;
    let meter = Meter::start(&bench.lake.server, bench.postgres, None).await?;
    let ran = closed_loop(&mut crew, LASTS).await?;
    tell_budget(report, meter.end().await? / ran.successes())?;
    super::tell_answers(report, "through HTTP, 16 tables", &ran)?;
    Ok(ran)
}

/// What one commit costs, by who computes it.
fn tell_budget(report: &mut Report, one: Work) -> Outcome {
    for (who, cpu) in [("the server", one.server), ("Postgres", one.postgres), ("the load generator", one.ourselves)] {
        let micros = |seconds: f64| seconds * 1_000_000.0;
        report.tell(Figure::new(format!("CPU of one commit: {who}"), "µs", micros(cpu.user)))?;
        report.tell(Figure::new(format!("CPU of one commit: the kernel for {who}"), "µs", micros(cpu.system)))?;
    }
    Ok(())
}
