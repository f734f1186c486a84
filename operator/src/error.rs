//! What can fail although nobody did anything wrong: it is tried again.

use std::error::Error as _;
use std::time::Duration;

use crate::Hold;

/// Characters of a chain of errors that conditions and Events show.
const SHOWN: usize = 300;

/// A call that failed. It is repeated with growing pauses.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer in time; whether it was done is open, so every call can be repeated.
    #[error("cannot {attempted}: no answer within {limit:?}")]
    Timeout {
        /// The call, as a phrase.
        attempted: String,
        /// How long it had.
        limit: Duration,
    },
    /// The API server said no, or could not be reached.
    #[error("cannot {attempted}")]
    Cluster {
        /// The call, as a phrase.
        attempted: String,
        /// What it said.
        source: Box<kube::Error>,
    },
    /// The catalog server said no, or could not be reached.
    #[error(transparent)]
    Server(#[from] catalog_client::Error),
    /// An object cannot be written as JSON.
    #[error("cannot {attempted}")]
    Json {
        /// What was to be written.
        attempted: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
}

impl Error {
    /// For metrics and, as the reason of a condition, in camel case.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "Timeout",
            Self::Cluster { .. } => "ApiServerError",
            Self::Server(catalog_client::Error::Unreachable { .. }) => "ServerUnreachable",
            Self::Server(_) => "ServerError",
            Self::Json { .. } => "NotWritable",
            Self::Random(_) => "NoRandomness",
        }
    }

    /// The whole chain in few words, for a person.
    #[must_use]
    pub fn message(&self) -> String {
        let first = self.to_string();
        self.source().map_or_else(|| shown(&first), |below| shown(&format!("{first}: {}", chain(below))))
    }

    /// The status with which the API server refused.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Cluster { source, .. } => match source.as_ref() {
                kube::Error::Api(status) => Some(status.code),
                _ => None,
            },
            _ => None,
        }
    }
}

/// An error and all that is below it, each once: kube's errors repeat what is below them.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let boxed = error.downcast_ref::<Box<kube::Error>>().map(AsRef::as_ref);
    let words = match boxed.or_else(|| error.downcast_ref()) {
        Some(kube::Error::Api(status)) => return shown(&format!("{} ({})", status.message, status.code)),
        Some(kube::Error::Service(_) | kube::Error::HyperError(_)) => "the API server cannot be reached".into(),
        _ => error.to_string(),
    };
    error.source().map_or_else(|| shown(&words), |below| shown(&format!("{words}: {}", chain(below))))
}

pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// Why a reconcile ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// Something has to happen first.
    #[error(transparent)]
    Hold(#[from] Hold),
    /// A call failed.
    #[error(transparent)]
    Error(#[from] Error),
}

impl From<catalog_client::Error> for Halt {
    fn from(error: catalog_client::Error) -> Self {
        Self::Error(error.into())
    }
}

impl Halt {
    /// One word in camel case.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Hold(hold) => hold.reason,
            Self::Error(error) => error.reason(),
        }
    }

    /// A sentence for a person; never a secret.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Hold(hold) => hold.message.clone(),
            Self::Error(error) => error.message(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_was_attempted_and_what_was_answered_once() {
        let status = kube::core::Status::failure("secrets is forbidden", "Forbidden").with_code(403);
        let source = Box::new(kube::Error::Api(Box::new(status)));
        let error = Error::Cluster { attempted: "read Secret a/b".into(), source };
        assert_eq!(error.message(), "cannot read Secret a/b: secrets is forbidden (403)");
        assert_eq!((error.code(), error.reason()), (Some(403), "ApiServerError"));
    }

    #[test]
    fn an_api_server_that_is_away_is_told_with_the_last_reason() {
        let away = kube::Error::Service("connection refused".into());
        assert_eq!(chain(&away), "the API server cannot be reached: connection refused");
    }

    #[test]
    fn a_long_message_is_cut_and_has_no_line_breaks() {
        let error = Error::Timeout { attempted: "x\n".repeat(500), limit: Duration::from_secs(1) };
        assert!(error.message().chars().count() == SHOWN && !error.message().contains('\n'));
    }
}
