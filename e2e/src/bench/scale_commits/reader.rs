//! A reader that keeps a snapshot of the database open all the while, as a backup does: nothing may become slower.

use std::time::Duration;

use catalog_store::{Key, TreeStore, View};
use sqlx::PgConnection;
use store_postgres::{Options, PostgresStore};
use tokio::time::Instant;

use super::{Bench, NAME, WRITERS};
use crate::bench::closed_loop::closed_loop;
use crate::bench::ground::namespace;
use crate::bench::owner::Owner;
use crate::bench::times::Times;
use crate::bench::{Figure, Goal, Report};
use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::postgres::SCHEMA;

/// Measured in turn, with and without the reader; the reader of a pair keeps its snapshot through all of its window.
const PAIRS: usize = 3;
const LASTS: Duration = Duration::from_secs(4);
const LOOKS: usize = 2_000;

pub(super) async fn measure(bench: &Bench<'_>, report: &mut Report) -> Outcome {
    report.step("commits while a reader keeps a snapshot open");
    let mut crew = Owner::crew(&bench.lake, bench.lake.server.uri(), "read", WRITERS).await?;
    closed_loop(&mut crew, LASTS / 4).await?;
    let (mut without, mut with) = (Side::default(), Side::default());
    for _ in 0..PAIRS {
        without.measure(bench, &mut crew).await?;
        let mut reader = begin(bench).await?;
        with.measure(bench, &mut crew).await?;
        sqlx::raw_sql("COMMIT").execute(&mut reader).await.attempt("let the snapshot go")?;
    }
    let rate = Figure::new("commits through HTTP with a snapshot kept open", "1/s", with.rate());
    report.tell(rate.beside("the same without", without.rate()).goal(Goal::RatioAtLeast(0.83)))?;
    let look = Figure::new("look a written table up with a snapshot kept open", "ms", with.look());
    report.tell(look.beside("the same without", without.look()).goal(Goal::RatioAtMost(1.2)))
}

/// Takes a snapshot of the server's database, and keeps it.
async fn begin(bench: &Bench<'_>) -> Outcome<PgConnection> {
    let mut reader = bench.postgres.connect(NAME).await?;
    let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM {SCHEMA}.warehouses");
    sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut reader).await.attempt("take a snapshot")?;
    Ok(reader)
}

/// What was measured of one of the two.
#[derive(Default)]
struct Side {
    rates: Vec<f64>,
    looks: Vec<Duration>,
}

impl Side {
    async fn measure(&mut self, bench: &Bench<'_>, crew: &mut [Owner]) -> Outcome {
        self.rates.push(closed_loop(crew, LASTS).await?.rate);
        self.looks.extend(looks(bench).await?);
        Ok(())
    }

    /// The one in the middle.
    fn rate(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }

    fn look(&self) -> f64 {
        Times::of(self.looks.clone()).p50()
    }
}

/// Looks the tables up that have just been written, with nobody else at work.
async fn looks(bench: &Bench<'_>) -> Outcome<Vec<Duration>> {
    let url = bench.postgres.url(NAME, bench.postgres.port());
    let store = PostgresStore::connect(&Options::new(url, SCHEMA)).attempt("open the store")?;
    let access = catalog_store::AccessStore::access(&store, None, Some(crate::hosts::lake::LAKE), "main").await;
    let branch = access.attempt("look for main")?.branch.ok_or_else(|| Failure::new("there is no main"))?;
    let mut times = Vec::with_capacity(LOOKS);
    for number in 0..LOOKS {
        let key = Key::relation(namespace("read")?, format!("t{}", number % WRITERS)).attempt("name a table")?;
        let start = Instant::now();
        store.look(&View::head(&branch), &key).await.attempt("look a table up")?;
        times.push(start.elapsed());
    }
    store.close().await;
    Ok(times)
}
