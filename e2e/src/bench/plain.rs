//! The limits of the database: one row read, one row written, through one connection of a pool as the store uses it.

use sqlx::postgres::{PgExecutor, PgPool, PgPoolOptions};

use crate::failure::{Attempt, Outcome};
use crate::hosts::postgres::Access;

/// Rows that can be read and updated.
const ROWS: i64 = 100_000;

/// A table of its own in a database.
const TABLES: &str = "
    CREATE SCHEMA plain;
    CREATE TABLE plain.rows (id bigint PRIMARY KEY, n bigint NOT NULL);
    CREATE TABLE plain.written (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n bigint NOT NULL);
    INSERT INTO plain.rows SELECT i, 0 FROM generate_series(1, 100000) i;
    ANALYZE plain.rows";

/// What `pgbench` is told to do: a one-row durable update.
pub(super) const UPDATE: &str = "\\set id random(1, 100000)\nUPDATE plain.rows SET n = n + 1 WHERE id = :id;\n";

/// A one-row `SELECT`.
pub(super) const SELECT: &str = "\\set id random(1, 100000)\nSELECT n FROM plain.rows WHERE id = :id;\n";

/// The two tables.
pub(super) struct Plain(PgPool);

impl Plain {
    /// Makes the tables in a database that has none of them.
    pub(super) async fn make(postgres: &Access, url: &str, database: &str) -> Outcome<Self> {
        let mut connection = postgres.connect(database).await?;
        sqlx::raw_sql(TABLES).execute(&mut connection).await.attempt("make the plain tables")?;
        let options = migrations::postgres::connect_options(url).attempt("read our own URL")?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_lazy_with(options.first().clone());
        Ok(Self(pool))
    }

    /// As [`select`].
    pub(super) async fn select(&self, n: u64) -> Outcome {
        select(&self.0, n).await
    }

    /// `INSERT` of one row, on disk when it is answered.
    pub(super) async fn insert(&self) -> Outcome {
        let query = sqlx::query("INSERT INTO plain.written (n) VALUES (0)");
        query.execute(&self.0).await.map(drop).attempt("insert a row")
    }
}

/// `SELECT` of one row by its key: of each `n` another one.
pub(super) async fn select(database: impl PgExecutor<'_>, n: u64) -> Outcome {
    let id = i64::try_from(n).unwrap_or_default() * 7_919 % ROWS + 1;
    let query = sqlx::query_scalar::<_, i64>("SELECT n FROM plain.rows WHERE id = $1").bind(id);
    query.fetch_one(database).await.map(drop).attempt("select a row")
}
