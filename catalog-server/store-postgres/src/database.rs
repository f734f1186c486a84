//! A pool whose every use is bounded in time.

use std::sync::Arc;
use std::time::Duration;

use migrations::postgres::{Endpoints, Session};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Executor, Postgres};
use tokio::time::timeout;

use crate::Limits;
use crate::connector::Connector;
use crate::error::Failure;
use crate::lender::{Lender, Lent};
use crate::transaction::Transaction;

/// A statement with its arguments bound.
pub(crate) type Statement = Query<'static, Postgres, PgArguments>;

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
        (endpoints, session): (Endpoints, Session),
        max_connections: u32,
        limits: &Limits,
        channel: Arc<str>,
        prepared: &'static str,
    ) -> Self {
        let connector = Connector::new(endpoints, session, max_connections, limits.acquire, prepared);
        let lender = Lender::new(connector, max_connections, limits.acquire);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn database(settings: &str) -> Database {
        let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect("PANGOLIN_TEST_POSTGRES: set by `cargo e2e test`");
        let connector = if url.contains('?') { '&' } else { '?' };
        let options = Options::new(format!("{url}{connector}{settings}"), "pangolin");
        Database::new(options.session().unwrap(), 1, &options.limits, options.channel(), "")
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
