//! A pool whose every use is bounded in time, and transactions that end with their value.

use std::time::Duration;

use catalog_store::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Postgres};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::Limits;
use crate::error::Failure;

/// A statement with its arguments bound.
pub(crate) type Statement = Query<'static, Postgres, PgArguments>;

/// A connection that has idled for longer is asked whether it lives before it is used.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(crate) struct Database {
    pool: PgPool,
    /// How long to wait for the answer to a statement.
    answer: Duration,
}

impl Database {
    /// Opens no connection yet.
    pub(crate) fn new(options: PgConnectOptions, max_connections: u32, limits: &Limits) -> Self {
        let pool = PgPoolOptions::new()
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
            .after_connect(|connection, _| Box::pin(check_primary(connection)))
            .connect_lazy_with(options);
        Self { pool, answer: limits.answer() }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn fetch_all(&self, statement: Statement) -> Result<Vec<PgRow>, Failure> {
        let mut connection = self.pool.acquire().await?;
        match timeout(self.answer, connection.fetch_all(statement)).await {
            Ok(rows) => Ok(rows?),
            Err(_) => {
                close_hard(connection);
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

    /// Begins a transaction and takes a lock in it, in one round trip. The lock is a statement of its own: in READ
    /// COMMITTED a statement that has waited for a lock goes on with the snapshot that it began with, so only the *next*
    /// one sees what the other transaction did.
    pub(crate) async fn begin(&self, lock: &str) -> Result<Transaction, Failure> {
        let connection = self.pool.acquire().await?;
        let mut transaction = Transaction { connection: Some(connection), answer: self.answer };
        // Said aloud, since a database or role may have another default.
        transaction.simple(format!("BEGIN ISOLATION LEVEL READ COMMITTED; {lock}")).await?;
        Ok(transaction)
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

/// A transaction. Dropped in the middle it takes its connection with it: the database then rolls back by itself, and no
/// later user of the pool can meet an open transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
    connection: Option<PoolConnection<Postgres>>,
    answer: Duration,
}

impl Transaction {
    pub(crate) async fn fetch_all(&mut self, statement: Statement) -> Result<Vec<PgRow>, Failure> {
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let rows = timeout(self.answer, connection.fetch_all(statement)).await;
        self.heard(rows)
    }

    pub(crate) async fn fetch_optional(&mut self, statement: Statement) -> Result<Option<PgRow>, Failure> {
        Ok(self.fetch_all(statement).await?.into_iter().next())
    }

    /// The number of rows that were written.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<u64, Failure> {
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let done = timeout(self.answer, connection.execute(statement)).await;
        Ok(self.heard(done)?.rows_affected())
    }

    /// Executes a statement that must write exactly so many rows.
    pub(crate) async fn execute_rows(&mut self, statement: Statement, expected: usize) -> Result<(), Failure> {
        let written = self.execute(statement).await?;
        if usize::try_from(written) == Ok(expected) {
            return Ok(());
        }
        Err(Failure::Data(format!("a statement wrote {written} rows instead of {expected}")))
    }

    /// Commits what went well and rolls back what did not.
    ///
    /// # Errors
    /// That of `result`, or `OutcomeUnknown` if the connection was lost in COMMIT.
    pub(crate) async fn finish<T>(self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        match result {
            Ok(done) => {
                self.commit().await.map_err(|failure| StoreError::OutcomeUnknown(failure.into()))?;
                Ok(done)
            }
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }

    /// An error here leaves open whether the transaction was applied.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        self.simple("COMMIT".into()).await?;
        self.end();
        Ok(())
    }

    /// Ends the transaction without a trace and keeps the connection, if it still works.
    pub(crate) async fn rollback(mut self) {
        if self.simple("ROLLBACK".into()).await.is_ok() {
            self.end();
        }
    }

    /// One message without arguments, by the simple protocol.
    async fn simple(&mut self, sql: String) -> Result<(), Failure> {
        let connection = self.connection.as_mut().ok_or_else(gone)?;
        let done = timeout(self.answer, connection.execute(AssertSqlSafe(sql))).await;
        self.heard(done)?;
        Ok(())
    }

    /// A connection that stayed silent is given up at once.
    fn heard<T>(&mut self, result: Result<Result<T, sqlx::Error>, Elapsed>) -> Result<T, Failure> {
        match result {
            Ok(result) => Ok(result?),
            Err(_) => {
                if let Some(connection) = self.connection.take() {
                    close_hard(connection);
                }
                Err(Failure::Silence(self.answer))
            }
        }
    }

    /// Gives the connection back to the pool.
    fn end(&mut self) {
        drop(self.connection.take());
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            close_hard(connection);
        }
    }
}

/// What a transaction says whose connection was given up.
fn gone() -> Failure {
    Failure::Driver(sqlx::Error::PoolClosed)
}

/// Closes the socket at once, without a word: the pool would wait for what the connection still owes.
fn close_hard(connection: PoolConnection<Postgres>) {
    drop(connection.detach());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn database(settings: &str) -> Database {
        let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect("PANGOLIN_TEST_POSTGRES: set by `cargo e2e test`");
        let connector = if url.contains('?') { '&' } else { '?' };
        let options = Options::new(format!("{url}{connector}{settings}"), "pangolin");
        Database::new(options.connect_options().unwrap(), 1, &options.limits)
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
