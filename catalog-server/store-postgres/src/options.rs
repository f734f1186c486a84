//! How to reach the database, and how long to wait for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use migrations::MigrationError;
use migrations::postgres::{Endpoints, Schema, Session, connect_options};

/// Where the database is and how much of it a server may use.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host:5432/database?…`: a secret. A standby is refused, and so is a pooler in transaction
    /// mode.
    pub url: String,
    /// The schema that holds the catalog.
    pub schema: String,
    /// Connections for requests, at most. Four more at most serve sweeps, probes and the check of unknown outcomes.
    pub max_connections: u32,
    /// What the database shows in `pg_stat_activity`.
    pub application_name: String,
    /// How long to wait.
    pub limits: Limits,
}

/// The waits that the store ever makes: each is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a connection from the pool, new ones included.
    pub acquire: Duration,
    /// For a statement, by the database's clock. The store itself waits a little longer, in case the database is gone.
    pub statement: Duration,
    /// For a lock, as part of a statement.
    pub lock: Duration,
    /// How long the database lets a transaction of ours idle: a replica that was lost in one holds its branch no longer.
    pub idle_in_transaction: Duration,
    /// For the answer to "did it happen?" after the connection was lost in COMMIT.
    pub resolve: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            acquire: Duration::from_secs(5),
            statement: Duration::from_secs(10),
            lock: Duration::from_secs(5),
            idle_in_transaction: Duration::from_secs(10),
            resolve: Duration::from_secs(20),
        }
    }
}

impl Limits {
    /// How long the store waits for the answer to a statement before it gives the connection up.
    pub(crate) fn answer(&self) -> Duration {
        self.statement + Duration::from_secs(2)
    }
}

impl Options {
    /// Ten connections and the default limits.
    #[must_use]
    pub fn new(url: impl Into<String>, schema: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: schema.into(),
            max_connections: 10,
            application_name: "pangolin-catalog".into(),
            limits: Limits::default(),
        }
    }

    /// Where followers of the feed listen. Postgres cuts a long name; then others are woken for nothing.
    pub(crate) fn channel(&self) -> Arc<str> {
        format!("{} changes", self.schema).into()
    }

    /// Where to connect, and what each session must be like.
    pub(crate) fn session(&self) -> Result<(Endpoints, Session), MigrationError> {
        let Self { url, schema, max_connections: _, application_name, limits } = self;
        let schema: Schema = schema.parse()?;
        let millis = |limit: Duration| limit.as_millis().to_string();
        let endpoints = connect_options(url)?.map(|host| host.application_name(application_name));
        let session = Session::new(&schema).require([
            // Every statement is good for any values. Left to itself Postgres makes a plan each time for those whose
            // arrays it can count, which takes longer than to carry it out.
            ("plan_cache_mode", "force_generic_plan".into()),
            ("statement_timeout", millis(limits.statement)),
            ("lock_timeout", millis(limits.lock)),
            ("idle_in_transaction_session_timeout", millis(limits.idle_in_transaction)),
        ]);
        // The database finds out within 15 s that a replica's machine is gone.
        let session = session.wish([
            ("tcp_keepalives_idle", "5".into()),
            ("tcp_keepalives_interval", "5".into()),
            ("tcp_keepalives_count", "2".into()),
        ]);
        Ok((endpoints, session))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, schema, max_connections, application_name, limits } = self;
        f.debug_struct("Options")
            .field("url", &"…")
            .field("schema", schema)
            .field("max_connections", max_connections)
            .field("application_name", application_name)
            .field("limits", limits)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_does_not_show() {
        let options = Options::new("postgres://user:hunter2@host/db", "pangolin");
        assert!(!format!("{options:?}").contains("hunter2"));
        let error = Options::new("postgres://user:hunter2@host:x/db", "pangolin").session().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }

    #[test]
    fn a_schema_that_cannot_be_one_is_refused_before_anything_connects() {
        let error = Options::new("postgres://user@host/db", "a\"; --").session().unwrap_err();
        assert!(matches!(error, MigrationError::SchemaName(_)));
    }
}
