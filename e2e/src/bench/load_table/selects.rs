//! One-row `SELECT`s by the driver that the server has, one connection a caller: the least that a service pays for a row.

use std::process;

use sqlx::{ConnectOptions, PgConnection};

use super::{Bench, CALLERS, LASTS, NAME};
use crate::bench::client::Client;
use crate::bench::closed_loop::closed_loop;
use crate::bench::cpu::Cpu;
use crate::bench::plain;
use crate::failure::{Attempt, Outcome};

/// Seconds of the processor for one, in this process and in Postgres.
pub(super) async fn measure(bench: &Bench<'_>) -> Outcome<f64> {
    let url = bench.postgres.url(NAME, bench.postgres.port());
    let options = migrations::postgres::connect_options(&url).attempt("read our own URL")?;
    let mut callers = Vec::with_capacity(CALLERS);
    for _ in 0..CALLERS {
        let connection = options.first().connect().await.attempt("connect to Postgres")?;
        callers.push(Caller { connection, asked: 0 });
    }
    closed_loop(&mut callers, LASTS / 8).await?;
    let before = cpu(bench)?;
    let ran = closed_loop(&mut callers, LASTS).await?;
    Ok((cpu(bench)? - before).seconds() / ran.successes())
}

fn cpu(bench: &Bench<'_>) -> Outcome<Cpu> {
    Ok(Cpu::of(process::id())? + Cpu::of_family(bench.postgres.process())?)
}

struct Caller {
    connection: PgConnection,
    asked: u64,
}

impl Client for Caller {
    async fn ask(&mut self) -> Outcome<u16> {
        plain::select(&mut self.connection, self.asked).await?;
        self.asked += 1;
        Ok(200)
    }
}
