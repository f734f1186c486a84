//! What lists cost, by who computes them.

use super::{Bench, NAME};
use crate::bench::cpu::Cpu;
use crate::failure::Outcome;

/// Of all that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Seconds of the processor.
    pub(super) server: f64,
    /// Seconds of the processor.
    pub(super) postgres: f64,
    pub(super) statements: f64,
}

/// What had been done when the meter was started.
pub(super) struct Meter {
    server: Cpu,
    postgres: Cpu,
    statements: i64,
}

impl Meter {
    pub(super) async fn start(bench: &Bench<'_>) -> Outcome<Self> {
        let statements = bench.postgres.statements(NAME).await?;
        Ok(Self { statements, server: bench.server_cpu()?, postgres: bench.postgres_cpu()? })
    }

    /// What has been done since then.
    pub(super) async fn end(self, bench: &Bench<'_>) -> Outcome<Cost> {
        let (server, postgres) = (bench.server_cpu()? - self.server, bench.postgres_cpu()? - self.postgres);
        let statements = bench.postgres.statements(NAME).await? - self.statements;
        Ok(Cost { server: server.seconds(), postgres: postgres.seconds(), statements: statements as f64 })
    }
}

impl Bench<'_> {
    fn server_cpu(&self) -> Outcome<Cpu> {
        Cpu::of(self.lake.server.process()?)
    }

    pub(super) fn postgres_cpu(&self) -> Outcome<Cpu> {
        Cpu::of_family(self.postgres.process())
    }
}
