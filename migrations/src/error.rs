//! Why a database could not be brought to this build's schema.

use std::time::Duration;

use crate::postgres::Refusal;

/// The closed set of errors of this crate. No text quotes a database URL.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The name cannot be a schema's.
    #[error(
        "a schema's name must have 1 to 63 characters of a-z, 0-9, _ and -, begin with a letter or _, and not with pg_, \
         but it is {0:?}"
    )]
    SchemaName(String),
    /// The URL is not `postgres://user:password@host:port/database?…`.
    #[error("the database URL cannot be read: it should look like postgres://user@host:5432/database")]
    Url,
    /// A parameter of the URL cannot be honoured; the text names it, not its value.
    #[error("the database URL cannot be used: {0}")]
    UrlParameter(String),
    /// The database did not answer, or refused the user.
    #[error("could not connect to the database")]
    Connect(#[source] sqlx::Error),
    /// Another process holds the lock of this schema.
    #[error("another process has been working on schema {schema} for {waited:?}")]
    Busy {
        /// Whose lock it is.
        schema: String,
        /// How long this process has waited.
        waited: Duration,
    },
    /// A newer build has been here.
    #[error("the database is at schema version {found}, but this build knows only {know}: use the newer build")]
    Newer {
        /// The newest version that is applied.
        found: i64,
        /// [`crate::postgres::LATEST`] or [`crate::sqlite::LATEST`].
        know: i64,
    },
    /// The version could not be read.
    #[error("could not read the version of the schema")]
    Version(#[source] sqlx::Error),
    /// The schema itself could not be made.
    #[error("could not create the schema")]
    CreateSchema(#[source] sqlx::Error),
    /// A migration failed; the ones before it stay, it itself left nothing.
    #[error("could not apply the migrations")]
    Apply(#[source] sqlx::migrate::MigrateError),
    /// It belongs to another Catalog.
    #[error("the schema belongs to another Catalog, of uid {found}")]
    Owned {
        /// The uid that stands in the schema.
        found: String,
    },
    /// Whose it is could not be read or written.
    #[error("could not find out or change to which Catalog the schema belongs")]
    Owner(#[source] sqlx::Error),
    /// The servers' role could not be let in.
    #[error("could not give the servers' role its rights on the schema")]
    Grant(#[source] sqlx::Error),
    /// The URL for the servers does not work, although the one for migrations does.
    #[error("the servers' own database URL is of no use")]
    Servers(#[source] Box<MigrationError>),
    /// The servers' URL leads to another schema than the one for migrations.
    #[error("the two URLs lead to different databases: one has schema version {need}, the other {found}")]
    Elsewhere {
        /// What the servers would see.
        found: i64,
        /// What was migrated.
        need: i64,
    },
    /// The database was reached, and cannot be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The state of the indexes could not be read.
    #[error("could not read the state of the indexes")]
    ReadIndexes(#[source] sqlx::Error),
    /// An index could not be built; the ones before it stay.
    #[error("could not build index {name}")]
    BuildIndex {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
}

impl MigrationError {
    /// No answer in time.
    pub(crate) fn silent() -> Self {
        Self::Connect(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
    }
}
