//! The hosts of a database, tried in order.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::time::timeout;

use super::Session;
use super::session::refusal;
use crate::MigrationError;
use crate::Trouble;

/// How to reach a database. `Debug` shows nothing of the password.
#[derive(Clone)]
pub struct Endpoints {
    hosts: Vec<PgConnectOptions>,
    connect_timeout: Duration,
}

impl Endpoints {
    pub(super) fn new(hosts: Vec<PgConnectOptions>, connect_timeout: Duration) -> Self {
        Self { hosts, connect_timeout }
    }

    /// Every host, in the order of the URL; at least one.
    #[must_use]
    pub fn all(&self) -> &[PgConnectOptions] {
        &self.hosts
    }

    /// The first host.
    #[must_use]
    pub fn first(&self) -> &PgConnectOptions {
        &self.hosts[0]
    }

    /// How long one host may take until it can be used.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The same with at most so much time for one host.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { connect_timeout: self.connect_timeout.min(limit), ..self }
    }

    /// The role of the connections.
    #[must_use]
    pub fn username(&self) -> &str {
        self.first().get_username()
    }

    /// The same database with other options on every host.
    #[must_use]
    pub fn map(self, change: impl Fn(PgConnectOptions) -> PgConnectOptions) -> Self {
        Self { hosts: self.hosts.into_iter().map(change).collect(), ..self }
    }

    /// Connects to the first host that is as `session` requires, and returns its position.
    ///
    /// # Errors
    /// [`MigrationError::Connect`] and [`MigrationError::Refused`]: of the host that has most to report.
    pub async fn connect(&self, session: &Session) -> Result<(PgConnection, usize), MigrationError> {
        let mut worst = None;
        for (position, host) in self.hosts.iter().enumerate() {
            match self.connect_to(host, session).await {
                Ok(connection) => return Ok((connection, position)),
                Err(error) => {
                    tracing::debug!(host = host.get_host(), error = %error.told(), "host of the database is skipped");
                    // A host that is down is expected where there are several; what another host reports is not.
                    if worst.as_ref().is_none_or(|worst: &MigrationError| worst.trouble() == Trouble::Unreachable) {
                        worst = Some(error);
                    }
                }
            }
        }
        Err(worst.unwrap_or(MigrationError::Url))
    }

    async fn connect_to(&self, host: &PgConnectOptions, session: &Session) -> Result<PgConnection, MigrationError> {
        let options = session.options(host);
        let work = async {
            let mut connection = options.connect().await.map_err(refusal)?;
            session.verify(&mut connection, &options).await?;
            Ok(connection)
        };
        timeout(self.connect_timeout, work).await.unwrap_or_else(|_| Err(MigrationError::silent()))
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.hosts.iter().map(PgConnectOptions::get_host)).finish()
    }
}
