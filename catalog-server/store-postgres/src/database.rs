//! A pool whose every use is bounded in time.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres};
use tokio::time::timeout;

use crate::Limits;
use crate::error::Failure;
use crate::lender::{Lender, Lent};
use crate::transaction::Transaction;

/// A statement with its arguments bound.
pub(crate) type Statement = Query<'static, Postgres, PgArguments>;

/// A connection that has idled for longer is asked whether it lives before it is used.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(crate) struct Database {
    lender: Arc<Lender>,
    /// How long to wait for the answer to a statement.
    answer: Duration,
    /// Where followers of the feed listen.
    channel: Arc<str>,
}

impl Database {
    /// Opens no connection yet.
    pub(crate) fn new(
        options: PgConnectOptions,
        max_connections: u32,
        limits: &Limits,
        channel: Arc<str>,
        prepared: &'static str,
    ) -> Self {
        let pool = pool(options, max_connections, limits, prepared);
        let lender = Lender::new(pool, max_connections, limits.acquire);
        Self { lender, answer: limits.answer(), channel }
    }

    /// A connection for several statements.
    pub(crate) async fn lend(&self) -> Result<Lent, Failure> {
        self.lender.lend().await
    }

    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    pub(crate) async fn close(&self) {
        self.lender.close().await;
    }

    pub(crate) async fn fetch_all(&self, statement: Statement) -> Result<Vec<PgRow>, Failure> {
        let mut connection = self.lender.lend().await?;
        match timeout(self.answer, connection.fetch_all(statement)).await {
            Ok(rows) => {
                let rows = rows?;
                connection.give_back();
                Ok(rows)
            }
            Err(_) => {
                connection.close_hard();
                Err(Failure::Silence(self.answer))
            }
        }
    }

    /// The number of rows that were written.
    pub(crate) async fn execute(&self, statement: Statement) -> Result<u64, Failure> {
        let mut connection = self.lender.lend().await?;
        match timeout(self.answer, connection.execute(statement)).await {
            Ok(done) => {
                let done = done?;
                connection.give_back();
                Ok(done.rows_affected())
            }
            Err(_) => {
                connection.close_hard();
                Err(Failure::Silence(self.answer))
            }
        }
    }

    pub(crate) async fn fetch_optional(&self, statement: Statement) -> Result<Option<PgRow>, Failure> {
        Ok(self.fetch_all(statement).await?.into_iter().next())
    }

    /// For statements that always have a row.
    pub(crate) async fn fetch_one(&self, statement: Statement) -> Result<PgRow, Failure> {
        self.fetch_optional(statement).await?.ok_or(Failure::Driver(sqlx::Error::RowNotFound))
    }

    /// Begins a transaction: see [`Transaction::begin`].
    pub(crate) async fn begin(&self, lock: &str) -> Result<Transaction, Failure> {
        Transaction::begin(self.lender.lend().await?, self.answer, Arc::clone(&self.channel), lock).await
    }
}

/// A pool that has not connected yet; `prepared` is said to each new connection.
pub(crate) fn pool(options: PgConnectOptions, max_connections: u32, limits: &Limits, prepared: &'static str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(limits.acquire)
        // A ping before each use would double the round trips of a read; after a pause it costs nobody much, and
        // finds what a restart of the database has left dead.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > PING_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                check_primary(connection).await?;
                prepare(connection, prepared).await
            })
        })
        .connect_lazy_with(options)
}

/// Before the tables are there nothing can be prepared. Whoever asks for it then is told to come again, on another
/// connection.
async fn prepare(connection: &mut PgConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    const UNDEFINED_TABLE: &str = "42P01";
    match connection.execute(statement).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => Ok(()),
        prepared => prepared.map(drop),
    }
}

/// Refuses a standby, whose answers may be old, and sees to it that what was committed is on disk: without that an
/// answer to a commit means nothing. Whoever has set more than that keeps it.
async fn check_primary(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (standby, _): (bool, Option<String>) = sqlx::query_as(
        "SELECT pg_is_in_recovery(),
           CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END",
    )
    .persistent(false)
    .fetch_one(connection)
    .await?;
    if standby { Err(sqlx::Error::Protocol("the database is a standby".into())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn database(settings: &str) -> Database {
        let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect("PANGOLIN_TEST_POSTGRES: set by `cargo e2e test`");
        let connector = if url.contains('?') { '&' } else { '?' };
        let options = Options::new(format!("{url}{connector}{settings}"), "pangolin");
        Database::new(options.connect_options().unwrap(), 1, &options.limits, options.channel(), "")
    }

    async fn setting(database: &Database, name: &str) -> String {
        let statement = sqlx::query("SELECT current_setting($1)").bind(name.to_owned());
        crate::columns::Columns::new(&database.fetch_one(statement).await.unwrap()).take().unwrap()
    }

    #[tokio::test]
    async fn what_was_committed_is_on_disk_whatever_the_role_has_set() {
        for (set, kept) in [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")] {
            let database = database(&format!("options[synchronous_commit]={set}"));
            assert_eq!(setting(&database, "synchronous_commit").await, kept);
        }
    }

    #[tokio::test]
    async fn a_session_has_bounds_of_its_own_and_the_schema_alone() {
        let database = database("options[statement_timeout]=0");
        for (name, value) in [
            ("statement_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "10s"),
            ("search_path", "\"pangolin\""),
            ("application_name", "pangolin-catalog"),
        ] {
            assert_eq!(setting(&database, name).await, value, "{name}");
        }
    }
}
