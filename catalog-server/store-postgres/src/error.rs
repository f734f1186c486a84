//! From what the driver says to the closed errors of a store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use catalog_store::{CommitError, Source, StoreError};
use migrations::MigrationError;
use migrations::postgres::Refusal;

/// Why a statement gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The driver's or the database's error.
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    /// The database was reached, and must not be used.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database stayed silent; the connection was given up.
    #[error("no answer from the database for {0:?}")]
    Silence(Duration),
    /// What is stored cannot be: a fault of the data.
    #[error("{0}")]
    Data(String),
}

impl Failure {
    /// True if the same statement may well succeed a little later.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Driver(sqlx::Error::Database(e)) => e.code().is_some_and(|code| code_passes(&code)),
            Self::Driver(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed,
            )
            | Self::Silence(_) => true,
            Self::Refused(refused) => refused.passes(),
            Self::Driver(_) | Self::Data(_) => false,
        }
    }
}

/// The SQLSTATEs after which the statement may be tried again as it is.
fn code_passes(code: &str) -> bool {
    const CLASSES: [&str; 5] = [
        "08", // connection
        "28", // the login: a password is rotated, a role or pg_hba.conf is not there yet
        "40", // serialization failure, deadlock
        "53", // out of connections, memory, disk
        "58", // the system: files, I/O
    ];
    const CODES: [&str; 10] = [
        "25006", // read-only: a standby, during a failover
        "26000", // the connection is older than the tables, so that nothing was prepared on it
        "25P03", // idle in transaction for too long
        "3D000", // the database is not there (yet): it is restored
        "55P03", // lock timeout
        "57014", // statement timeout
        "57P01", // the database was told to stop
        "57P02", // another session crashed
        "57P03", // the database is starting or stopping
        "57P05", // idle session
    ];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Connect(error) => Self::Driver(error),
            MigrationError::Refused(refused) => Self::Refused(refused),
            other => Self::Data(other.to_string()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        if failure.passes() { Self::Unavailable(failure.into()) } else { Self::Backend(failure.into()) }
    }
}

/// One failure as the reason of many commits.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Failure>);

impl Shared {
    pub(crate) fn new(failure: Failure) -> Self {
        Self(Arc::new(failure))
    }

    /// Certainly not applied.
    pub(crate) fn lost(&self) -> CommitError {
        let source: Source = Box::new(self.clone());
        if self.0.passes() { CommitError::Unavailable(source) } else { CommitError::Backend(source) }
    }

    /// Certainly not applied, although the failure came in COMMIT: whatever it was, trying again is right.
    pub(crate) fn lost_in_commit(&self) -> CommitError {
        CommitError::Unavailable(Box::new(self.clone()))
    }

    /// Nobody knows.
    pub(crate) fn unknown(&self) -> CommitError {
        CommitError::OutcomeUnknown(Box::new(self.clone()))
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_unavailable_and_what_stays_is_a_fault_of_the_backend() {
        for code in ["08006", "40001", "40P01", "53300", "55P03", "57014", "57P01", "25006", "28P01", "28000", "3D000"]
        {
            assert!(code_passes(code), "{code}");
        }
        for code in ["42P01", "23505", "22021", "54000", "3F000", "25P02"] {
            assert!(!code_passes(code), "{code}");
        }
        assert!(Failure::Driver(sqlx::Error::PoolTimedOut).passes());
        assert!(!Failure::Driver(sqlx::Error::RowNotFound).passes());
        assert!(Failure::Silence(Duration::from_secs(1)).passes());
    }
}
