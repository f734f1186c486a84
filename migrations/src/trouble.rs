//! What to tell a person about an error, and who can mend it.

use std::error::Error as _;
use std::io::ErrorKind;

use crate::MigrationError;

/// Characters of the database's own message that are shown at most.
const SHOWN: usize = 200;

/// Where the cause lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The URL cannot be read.
    Url,
    /// No answer, or none yet.
    Unreachable,
    /// It accepts no writes: a standby, or read-only by its own settings.
    ReadOnly,
    /// Not PostgreSQL, too old, or behind a pooler that loses settings: nothing changes until a person changes it.
    Unsuitable,
    /// The database refuses the role, its password, or what it wants to do; or there is no such database.
    Refused,
    /// A newer build has migrated the schema.
    Newer,
    /// The schema is another Catalog's.
    Owned,
    /// Another process is at work on the schema.
    Busy,
    /// Anything else.
    Failed,
}

impl MigrationError {
    /// Where the cause lies.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::SchemaName(_) | Self::Url | Self::UrlParameter(_) => Trouble::Url,
            Self::Busy { .. } => Trouble::Busy,
            Self::Newer { .. } => Trouble::Newer,
            Self::Owned { .. } => Trouble::Owned,
            Self::Servers(error) => error.trouble(),
            Self::Refused(refusal) if refusal.passes() => Trouble::ReadOnly,
            Self::Refused(_) => Trouble::Unsuitable,
            Self::Elsewhere { .. } => Trouble::Refused,
            Self::Apply(sqlx::migrate::MigrateError::Execute(error)) => of(error),
            Self::Apply(_) => Trouble::Failed,
            Self::Connect(error)
            | Self::Version(error)
            | Self::CreateSchema(error)
            | Self::Owner(error)
            | Self::Grant(error)
            | Self::ReadIndexes(error)
            | Self::BuildIndex { name: _, source: error } => of(error),
        }
    }

    /// What happened, with the database's code and the begin of its message. The URL is not in it.
    #[must_use]
    pub fn told(&self) -> String {
        let cause = match self.source() {
            Some(source) => match source.downcast_ref::<Box<Self>>() {
                Some(error) => Some(error.told()),
                None => source.downcast_ref::<Self>().map(Self::told).or_else(|| cause(source)),
            },
            None => None,
        };
        cause.map_or_else(|| self.to_string(), |cause| format!("{self}: {cause}"))
    }
}

fn of(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => {
            Trouble::Unreachable
        }
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // Too many connections, or it is starting or stopping.
            Some(code) if code.starts_with("53") || code.starts_with("57P") => Trouble::Unreachable,
            Some("25006") => Trouble::ReadOnly,
            // Signing in, no such database, no privilege.
            Some(code) if code.starts_with("28") || matches!(code, "3D000" | "42501" | "42704") => Trouble::Refused,
            _ => Trouble::Failed,
        },
        _ => Trouble::Failed,
    }
}

fn cause(source: &(dyn std::error::Error + 'static)) -> Option<String> {
    let error = match source.downcast_ref::<sqlx::migrate::MigrateError>() {
        Some(sqlx::migrate::MigrateError::Execute(error)) => error,
        Some(other) => return Some(short(&other.to_string())),
        None => source.downcast_ref::<sqlx::Error>()?,
    };
    Some(match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => format!("{} ({code})", short(error.message())),
            None => short(error.message()),
        },
        sqlx::Error::Io(error) if error.kind() == ErrorKind::TimedOut => "no answer in time".to_owned(),
        sqlx::Error::Io(error) => short(&error.to_string()),
        sqlx::Error::Tls(error) => short(&error.to_string()),
        // The driver's own texts may quote settings.
        _ => return None,
    })
}

fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_does_not_answer_is_unreachable_and_its_reason_is_told() {
        let refused = || sqlx::Error::Io(std::io::Error::from(ErrorKind::ConnectionRefused));
        let error = MigrationError::Connect(refused());
        assert_eq!(error.trouble(), Trouble::Unreachable);
        assert_eq!(error.told(), "could not connect to the database: connection refused");
        let error = MigrationError::Servers(Box::new(MigrationError::Connect(refused())));
        assert_eq!(error.trouble(), Trouble::Unreachable);
        assert!(error.told().ends_with("could not connect to the database: connection refused"), "{}", error.told());
    }

    #[test]
    fn what_the_driver_says_about_settings_is_not_told() {
        let error = MigrationError::Connect(sqlx::Error::Configuration("hunter2".into()));
        assert_eq!(error.told(), "could not connect to the database");
    }
}
