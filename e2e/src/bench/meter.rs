//! What a measurement costs, by who computes it, and what it asks of the database and of the storage.

use std::ops::{Div, Sub};

use super::cpu::Cpu;
use crate::failure::Outcome;
use crate::hosts::postgres::Postgres;
use crate::hosts::server::Server;

const READS: &str = r#"pangolin_storage_calls_total{operation="read",outcome="ok"}"#;
const WRITES: &str = r#"pangolin_storage_calls_total{operation="write",outcome="ok"}"#;

/// What was done, by all requests or by one of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// Of the processor, as all three.
    pub(super) server: Cpu,
    pub(super) postgres: Cpu,
    /// The load generator.
    pub(super) ourselves: Cpu,
    /// `BEGIN` and its like included; none, if nobody counts them.
    pub(super) statements: f64,
    /// Files that the server has read.
    pub(super) reads: f64,
    /// Files that it has written.
    pub(super) writes: f64,
}

impl Work {
    /// Seconds of the processor, of the server and of Postgres.
    pub(super) fn cpu(&self) -> f64 {
        self.server.seconds() + self.postgres.seconds()
    }
}

impl Sub for Work {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            server: self.server - before.server,
            postgres: self.postgres - before.postgres,
            ourselves: self.ourselves - before.ourselves,
            statements: self.statements - before.statements,
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
        }
    }
}

/// Of one of so many requests.
impl Div<f64> for Work {
    type Output = Self;

    fn div(self, requests: f64) -> Self {
        Self {
            server: self.server / requests,
            postgres: self.postgres / requests,
            ourselves: self.ourselves / requests,
            statements: self.statements / requests,
            reads: self.reads / requests,
            writes: self.writes / requests,
        }
    }
}

/// Counts from its start to its end.
pub(super) struct Meter<'a> {
    server: &'a Server,
    postgres: &'a Postgres,
    counted: Option<&'static str>,
    before: Work,
}

impl<'a> Meter<'a> {
    /// Of this server, and of all of this Postgres; statements are those of a database that counts them, which costs it
    /// something.
    pub(super) async fn start(
        server: &'a Server,
        postgres: &'a Postgres,
        counted: Option<&'static str>,
    ) -> Outcome<Self> {
        let before = so_far(server, postgres, counted).await?;
        Ok(Self { server, postgres, counted, before })
    }

    /// What has been done since then.
    pub(super) async fn end(self) -> Outcome<Work> {
        Ok(so_far(self.server, self.postgres, self.counted).await? - self.before)
    }
}

async fn so_far(server: &Server, postgres: &Postgres, counted: Option<&str>) -> Outcome<Work> {
    let statements = match counted {
        Some(database) => postgres.statements(database).await? as f64,
        None => 0.0,
    };
    Ok(Work {
        statements,
        server: Cpu::of(server.process()?)?,
        postgres: Cpu::of_family(postgres.process())?,
        ourselves: Cpu::of(std::process::id())?,
        reads: server.counter(READS).await? as f64,
        writes: server.counter(WRITES).await? as f64,
    })
}
