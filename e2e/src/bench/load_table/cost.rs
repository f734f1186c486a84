//! What requests cost, by who computes them.

use super::{Bench, NAME};
use crate::bench::cpu::Cpu;
use crate::failure::Outcome;

const READS: &str = r#"pangolin_storage_calls_total{operation="read",outcome="ok"}"#;

/// Of 1,000 requests, or of one where that is said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// Seconds of the processor.
    pub(super) server: f64,
    /// Seconds of the processor.
    pub(super) postgres: f64,
    /// Of one request.
    pub(super) statements: f64,
    /// Of one request.
    pub(super) reads: f64,
}

impl Cost {
    /// Seconds of the processor, of all who take part.
    pub(super) fn cpu(&self) -> f64 {
        self.server + self.postgres
    }
}

/// What had been done when the meter was started.
pub(super) struct Meter {
    server: Cpu,
    postgres: Cpu,
    statements: f64,
    reads: f64,
}

impl Meter {
    pub(super) async fn start(bench: &Bench<'_>) -> Outcome<Self> {
        let (statements, reads) = (bench.statements().await?, bench.reads().await?);
        Ok(Self { server: bench.server_cpu()?, postgres: bench.postgres_cpu()?, statements, reads })
    }

    /// What so many requests have cost since then.
    pub(super) async fn end(self, bench: &Bench<'_>, requests: f64) -> Outcome<Cost> {
        let (server, postgres) = (bench.server_cpu()? - self.server, bench.postgres_cpu()? - self.postgres);
        let (statements, reads) = (bench.statements().await?, bench.reads().await?);
        Ok(Cost {
            server: server.seconds() * 1_000.0 / requests,
            postgres: postgres.seconds() * 1_000.0 / requests,
            statements: (statements - self.statements) / requests,
            reads: (reads - self.reads) / requests,
        })
    }
}

impl Bench<'_> {
    fn server_cpu(&self) -> Outcome<Cpu> {
        Cpu::of(self.lake.server.process()?)
    }

    pub(super) fn postgres_cpu(&self) -> Outcome<Cpu> {
        Cpu::of_family(self.postgres.process())
    }

    /// Of the server's database so far.
    async fn statements(&self) -> Outcome<f64> {
        Ok(self.postgres.statements(NAME).await? as f64)
    }

    /// Files that the server has read from the bucket so far.
    async fn reads(&self) -> Outcome<f64> {
        Ok(self.lake.server.counter(READS).await? as f64)
    }
}
