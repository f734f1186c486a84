//! What one commit costs, by who computes it.

use super::Bench;
use crate::bench::cpu::Cpu;
use crate::bench::{Figure, Report};
use crate::failure::Outcome;

/// What had been computed when the meter was started.
pub(super) struct Meter {
    server: Cpu,
    postgres: Cpu,
    ourselves: Cpu,
}

impl Meter {
    pub(super) fn start(bench: &Bench<'_>) -> Outcome<Self> {
        Ok(Self {
            server: Cpu::of(bench.lake.server.process()?)?,
            postgres: Cpu::of_family(bench.postgres.process())?,
            ourselves: Cpu::of(std::process::id())?,
        })
    }

    /// Says what so many commits have cost since then, each.
    pub(super) fn tell(self, bench: &Bench<'_>, report: &mut Report, commits: f64) -> Outcome {
        let now = Self::start(bench)?;
        for (who, cpu) in [
            ("the server", now.server - self.server),
            ("Postgres", now.postgres - self.postgres),
            ("the load generator", now.ourselves - self.ourselves),
        ] {
            let micros = |seconds: f64| seconds * 1_000_000.0 / commits;
            report.tell(Figure::new(format!("CPU of one commit: {who}"), "µs", micros(cpu.user)))?;
            report.tell(Figure::new(format!("CPU of one commit: the kernel for {who}"), "µs", micros(cpu.system)))?;
        }
        Ok(())
    }
}
