//! What a session must be like before anything is read or written in it.
//!
//! The settings travel in the startup packet, so that a direct connection has them without a further round trip. A pooler
//! may ignore them there. A session without them is given them by a statement, after [`super::pooling`] has made sure
//! that it keeps its connection: otherwise tables of one schema would be read and written in another.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};

use futures::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::{Schema, pooling};
use crate::MigrationError;

/// The oldest version of PostgreSQL that has all that the statements use.
const OLDEST: i32 = 150_000;
/// In the startup packet alone. A session in which it is missing goes through a pooler that ignores the packet's options.
const MARK: &str = "pangolin.connection";

/// Why a connection is not used, although the database has accepted it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another system, which speaks PostgreSQL's protocol.
    #[error("the server is not PostgreSQL, but {found}: use PostgreSQL 15 or newer")]
    NotPostgres {
        /// The begin of what `version()` returns.
        found: String,
    },
    /// PostgreSQL, but too old.
    #[error("this is PostgreSQL {found}, and 15 is the oldest supported version")]
    OldPostgres {
        /// The major version.
        found: i32,
    },
    /// Statements of one session are executed on different connections.
    #[error(
        "the connection goes through a pooler in transaction mode, in which settings and locks are lost: connect to the \
         database directly, or set the pooler to session mode (pgbouncer: pool_mode = session)"
    )]
    TransactionPooling,
    /// A pooler does not accept what a session needs.
    #[error(
        "a pooler refused the startup parameter {parameter}: connect to the database directly, or have it ignored \
         (pgbouncer: ignore_startup_parameters = options)"
    )]
    StartupParameter {
        /// Its name, in the pooler's words.
        parameter: String,
    },
    /// A setting has another value, although it was set.
    #[error("the session's setting {parameter} is {found:?} and must be {wanted:?}: connect to the database directly")]
    Setting {
        /// Its name.
        parameter: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// A standby, whose rows may be old.
    #[error("the database is a standby: connect to the primary")]
    Standby,
    /// It accepts no writes.
    #[error("the database is read-only (default_transaction_read_only is on): make it writable again")]
    ReadOnly,
}

impl Refusal {
    /// True if the same connection may be usable later without any change of settings.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Standby | Self::ReadOnly)
    }
}

/// What sessions in one schema must be like.
#[derive(Clone, Debug)]
pub struct Session {
    schema: Schema,
    /// Checked in each session.
    required: Vec<(&'static str, String)>,
    /// Of the startup packet alone, because a Unix socket or a pooler has no use for them.
    wished: Vec<(&'static str, String)>,
    writes: bool,
    mark: String,
}

impl Session {
    /// Sessions whose `search_path` is the schema alone.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        // Not a secret: it must only differ from that of other processes.
        let mark = format!("{:016x}", RandomState::new().build_hasher().finish());
        let required = vec![("search_path", schema.quoted())];
        Self { schema: schema.clone(), required, wished: Vec::new(), writes: false, mark }
    }

    /// With settings that must be so, numbers in the setting's own unit.
    #[must_use]
    pub fn require(mut self, settings: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.required.extend(settings);
        self
    }

    /// With settings that are better so.
    #[must_use]
    pub fn wish(mut self, settings: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.wished.extend(settings);
        self
    }

    /// Refuses a database that accepts no writes.
    #[must_use]
    pub fn writing(self) -> Self {
        Self { writes: true, ..self }
    }

    /// The options of a connection whose settings are those of the session.
    #[must_use]
    pub fn options(&self, host: &PgConnectOptions) -> PgConnectOptions {
        let settings = self.required.iter().chain(&self.wished).map(|(name, value)| (*name, value.as_str()));
        host.clone().options(settings.chain([(MARK, self.mark.as_str())]))
    }

    /// Makes sure that a new connection by these [`Self::options`] is as it must be: one round trip, unless a pooler
    /// has ignored the settings.
    ///
    /// # Errors
    /// [`MigrationError::Refused`], [`MigrationError::Connect`].
    pub async fn verify(
        &self,
        connection: &mut PgConnection,
        options: &PgConnectOptions,
    ) -> Result<(), MigrationError> {
        let mut found = self.look(connection, String::new()).await?;
        self.judge_server(&found)?;
        if found.mark.as_deref() != Some(&self.mark) {
            // Before anything is set, so that no other user of the pooler's connection gets our settings. For each
            // connection, because a pooler's mode can be changed while servers run.
            pooling::require_session_mode(options).await?;
        }
        if self.different(&found).is_some() || !found.durable {
            found = self.look(connection, self.set()).await?;
        }
        match self.different(&found) {
            None => Ok(()),
            Some(refused) => {
                tracing::error!(%refused, "connection to the database refused");
                Err(MigrationError::Refused(refused))
            }
        }
    }

    fn judge_server(&self, found: &Found) -> Result<(), MigrationError> {
        let refused = if found.version < OLDEST {
            Refusal::OldPostgres { found: found.version / 10_000 }
        } else if found.standby {
            Refusal::Standby
        } else if self.writes && found.read_only {
            Refusal::ReadOnly
        } else {
            return Ok(());
        };
        Err(MigrationError::Refused(refused))
    }

    /// The first setting that is not as it must be. Before the migrations there is no current schema.
    fn different(&self, found: &Found) -> Option<Refusal> {
        let wrong = self.required.iter().find_map(|(name, wanted)| {
            let value = found.settings.iter().find(|(found, _)| found == name).map(|(_, value)| value);
            (value != Some(wanted)).then(|| (*name, value.cloned().unwrap_or_default(), wanted.clone()))
        });
        let elsewhere = found.schema.as_ref().filter(|schema| *schema != self.schema.as_str());
        let wrong =
            wrong.or_else(|| elsewhere.map(|found| ("current_schema", found.clone(), self.schema.as_str().to_owned())));
        wrong.map(|(parameter, found, wanted)| Refusal::Setting { parameter, found, wanted })
    }

    /// A statement that sets all. What was committed must be on disk, otherwise an answer to a commit means nothing; a
    /// stricter setting stays.
    fn set(&self) -> String {
        let mut sql = "SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'on', false) END"
            .to_owned();
        for (name, value) in &self.required {
            // Names are ours, and no value has a quote or a backslash: a checked schema, words and numbers.
            let _infallible = write!(sql, ", set_config('{name}', '{value}', false)");
        }
        sql.push(';');
        sql
    }

    /// One message of the simple protocol, because a pooler may have the next one executed elsewhere.
    async fn look(&self, connection: &mut PgConnection, first: String) -> Result<Found, MigrationError> {
        let mut names = "'synchronous_commit'".to_owned();
        for (name, _) in &self.required {
            let _infallible = write!(names, ", '{name}'");
        }
        let sql = format!(
            "{first} SELECT version();
             SELECT current_setting('server_version_num')::int, pg_is_in_recovery(),
               current_setting('transaction_read_only') = 'on', current_setting('{MARK}', true), current_schema()::text;
             SELECT name, setting FROM pg_settings WHERE name IN ({names})"
        );
        let mut rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(connection);
        let mut next = async || rows.try_next().await.map_err(MigrationError::Connect);
        if !first.is_empty() {
            next().await?;
        }
        let version = next().await?.ok_or_else(MigrationError::silent)?;
        // The rest is PostgreSQL's own: others may not have it, and their error would not explain why.
        judge_version(&version.try_get::<String, _>(0).map_err(MigrationError::Connect)?)?;
        let facts = next().await?.ok_or_else(MigrationError::silent)?;
        let mut found = Found::of(&facts).map_err(MigrationError::Connect)?;
        while let Some(row) = next().await? {
            let (name, value): (String, String) = setting(&row).map_err(MigrationError::Connect)?;
            if name == "synchronous_commit" {
                found.durable = value != "off";
            } else {
                found.settings.push((name, value));
            }
        }
        Ok(found)
    }
}

/// What a session is like.
struct Found {
    version: i32,
    standby: bool,
    read_only: bool,
    mark: Option<String>,
    schema: Option<String>,
    durable: bool,
    settings: Vec<(String, String)>,
}

impl Found {
    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            version: row.try_get(0)?,
            standby: row.try_get(1)?,
            read_only: row.try_get(2)?,
            mark: row.try_get(3)?,
            schema: row.try_get(4)?,
            durable: true,
            settings: Vec::new(),
        })
    }
}

fn setting(row: &PgRow) -> Result<(String, String), sqlx::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Others call themselves PostgreSQL in `server_version`, but not all the way in `version()`.
fn judge_version(version: &str) -> Result<(), MigrationError> {
    const OTHERS: [&str; 6] = ["CockroachDB", "Redshift", "Greenplum", "Cloudberry", "Materialize", "openGauss"];
    let number = version.strip_prefix("PostgreSQL ").and_then(|rest| rest.split_whitespace().next());
    // YugabyteDB is 11.2-YB-2.20.1.0-b0.
    let own = number.is_some_and(|number| !number.contains('-'));
    if own && !OTHERS.iter().any(|other| version.contains(other)) {
        return Ok(());
    }
    let found = version.chars().take(60).collect();
    Err(MigrationError::Refused(Refusal::NotPostgres { found }))
}

/// An error while connecting, which may be a pooler's.
#[must_use]
pub fn refusal(error: sqlx::Error) -> MigrationError {
    const PROTOCOL_VIOLATION: &str = "08P01";
    if let sqlx::Error::Database(refused) = &error
        && refused.code().as_deref() == Some(PROTOCOL_VIOLATION)
        && let Some((_, parameter)) = refused.message().split_once("unsupported startup parameter")
    {
        let parameter = parameter.rsplit(": ").next().unwrap_or_default().chars().take(60).collect();
        return MigrationError::Refused(Refusal::StartupParameter { parameter });
    }
    MigrationError::Connect(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_postgresql_is_accepted() {
        for version in [
            "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc",
            "PostgreSQL 16.4 on aarch64-unknown-linux-gnu, compiled by gcc",
            "PostgreSQL 19devel on x86_64-linux",
        ] {
            assert!(judge_version(version).is_ok(), "{version}");
        }
        for version in [
            "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)",
            "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6",
            "PostgreSQL 15.2-YB-2025.1.0.0-b168 on x86_64-pc-linux-gnu",
            "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.48805",
            "PostgreSQL 12.12 (Greenplum Database 7.0.0 build commit:0a7a) on x86_64-pc-linux-gnu",
        ] {
            let error = judge_version(version).unwrap_err();
            assert!(matches!(error, MigrationError::Refused(Refusal::NotPostgres { .. })), "{version}");
        }
    }
}
