//! Transactions that end with their value, one way or the other.

use std::sync::Arc;
use std::time::Duration;

use catalog_store::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::database::Statement;
use crate::error::Failure;
use crate::lender::Lent;

/// A transaction. Dropped in the middle it takes its connection with it: the database then rolls back by itself, and no
/// later user of the pool can meet an open transaction.
#[derive(Debug)]
pub(crate) struct Transaction {
    connection: Option<Lent>,
    answer: Duration,
    /// Followers of the feed listen here.
    channel: Arc<str>,
    /// It has written to the feed.
    told: bool,
}

impl Transaction {
    /// Begins a transaction and takes a lock in it, in one round trip. The lock is a statement of its own: in READ
    /// COMMITTED a statement that has waited for a lock goes on with the snapshot that it began with, so only the *next*
    /// one sees what the other transaction did.
    pub(crate) async fn begin(
        connection: Lent,
        answer: Duration,
        channel: Arc<str>,
        lock: &str,
    ) -> Result<Self, Failure> {
        let mut transaction = Self { connection: Some(connection), answer, channel, told: false };
        // Said aloud, since a database or role may have another default.
        transaction.simple(format!("BEGIN ISOLATION LEVEL READ COMMITTED; {lock}")).await?;
        Ok(transaction)
    }

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

    /// Followers of the feed are to be woken after the commit.
    pub(crate) fn tell(&mut self) {
        self.told = true;
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
        self.wake_followers().await;
        self.end();
        Ok(())
    }

    /// After COMMIT, as a statement of its own: within the transaction it would hold a lock of the whole database cluster
    /// through the flush. It is only a wake-up, so that whether it succeeds does not matter.
    async fn wake_followers(&mut self) {
        if self.told {
            let wake = format!("NOTIFY \"{}\"", self.channel);
            if let Err(failure) = self.simple(wake).await {
                tracing::debug!(?failure, "could not wake the followers of the feed");
            }
        }
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
                    connection.close_hard();
                }
                Err(Failure::Silence(self.answer))
            }
        }
    }

    /// Lets the connection go on to the next one.
    fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.give_back();
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close_hard();
        }
    }
}

/// What a transaction says whose connection was given up.
fn gone() -> Failure {
    Failure::Driver(sqlx::Error::PoolClosed)
}
