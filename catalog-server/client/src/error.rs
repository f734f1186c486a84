//! What can go wrong in a call, as a caller has to tell it apart.

use std::time::Duration;

use catalog_api::management::{MergeRefused, MergeReport};
use catalog_api::{ErrorBody, ErrorType};

/// What a call returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Characters of a foreign answer that an error shows at most.
const SHOWN: usize = 200;

/// Why a call failed. Holds neither the token nor a request's body.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server answered, and the answer is no.
    #[error("cannot {attempted}: {message} ({type}, status {status})")]
    Refused {
        /// The call, as a phrase.
        attempted: String,
        /// The HTTP status.
        status: u16,
        /// The error's type as the server wrote it (see [`ErrorType::name`]); empty if the answer has no Iceberg error body.
        r#type: String,
        /// The server's text.
        message: String,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Nothing was changed, because both sides of a merge, a cherry-pick or a revert changed the same.
    #[error("cannot {attempted}: {} names are in conflict", report.conflict_count)]
    Conflicts {
        /// The call, as a phrase.
        attempted: String,
        /// What stands in the way.
        report: Box<MergeReport>,
    },
    /// No whole answer came: no connection, a timeout, or a connection that broke. Whether the server did it is open.
    #[error("cannot {attempted}: the server does not answer")]
    Unreachable {
        /// The call, as a phrase.
        attempted: String,
        /// What the HTTP client says.
        #[source]
        source: reqwest::Error,
    },
    /// The answer is not what the contract says: a newer server, or something else at this address.
    #[error("cannot {attempted}: the answer is not understood")]
    Garbled {
        /// The call, as a phrase.
        attempted: String,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// A list's next page is the page that was just read; going on would never end.
    #[error("cannot {attempted}: the server's pages run in a circle")]
    EndlessPages {
        /// The call, as a phrase.
        attempted: String,
    },
    /// The server does not have this route.
    #[error("the server does not offer {0}")]
    Unsupported(String),
    /// The server's address cannot be used.
    #[error("{0:?} is no address of a server: {1}")]
    Address(String, &'static str),
    /// The HTTP client could not be made.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
}

impl Error {
    /// Reads the answer to a call that failed.
    pub(crate) fn refused(attempted: &str, status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        if let Some(MergeRefused { error: _, report }) = serde_json::from_slice(body).ok().filter(|_| status == 409) {
            return Self::Conflicts { attempted: attempted.to_owned(), report: Box::new(report) };
        }
        let (r#type, message) = match serde_json::from_slice::<ErrorBody>(body) {
            Ok(ErrorBody { error }) => (error.r#type, error.message),
            Err(_) => (String::new(), String::from_utf8_lossy(body).chars().take(SHOWN).collect()),
        };
        Self::Refused { attempted: attempted.to_owned(), status, r#type, message, retry_after }
    }

    /// True if the same call may succeed later although nobody changes anything: the server or the way to it is busy
    /// or away.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => !source.is_builder(),
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 502 | 503 | 504) || self.is_outcome_unknown(),
            Self::Conflicts { .. }
            | Self::Garbled { .. }
            | Self::EndlessPages { .. }
            | Self::Unsupported(_)
            | Self::Address(..)
            | Self::Client(_) => false,
        }
    }

    /// True if the server answered with this type.
    #[must_use]
    pub fn is(&self, expected: ErrorType) -> bool {
        matches!(self, Self::Refused { r#type, .. } if r#type == expected.name())
    }

    /// The HTTP status, if the server answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Conflicts { .. } => Some(409),
            _ => None,
        }
    }

    /// True if what was asked for is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// True if the answer has an Iceberg error body, so that it is the server's and not a proxy's.
    pub(crate) fn has_type(&self) -> bool {
        matches!(self, Self::Refused { r#type, .. } if !r#type.is_empty())
    }

    /// How long the server asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    fn is_outcome_unknown(&self) -> bool {
        self.is(ErrorType::CommitStateUnknownException)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Error {
        Error::refused("get a thing", status, None, body.as_bytes())
    }

    #[test]
    fn the_servers_body_becomes_type_code_and_message() {
        let body = serde_json::to_string(&ErrorBody::new(ErrorType::ConflictException, "owned by another")).unwrap();
        let error = refused(409, &body);
        assert!(error.is(ErrorType::ConflictException));
        assert_eq!(error.to_string(), "cannot get a thing: owned by another (ConflictException, status 409)");
        assert!(!error.is_retryable());
    }

    #[test]
    fn a_foreign_answer_is_shown_in_part() {
        let error = refused(502, &"<html>".repeat(1_000));
        assert!(error.is_retryable());
        assert!(error.to_string().len() < 300, "{error}");
    }

    #[test]
    fn only_what_may_pass_by_itself_is_retryable() {
        for status in [408, 429, 502, 503, 504] {
            assert!(refused(status, "").is_retryable(), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 422, 500] {
            assert!(!refused(status, "").is_retryable(), "{status}");
        }
        let unknown = ErrorBody::new(ErrorType::CommitStateUnknownException, "");
        assert!(refused(500, &serde_json::to_string(&unknown).unwrap()).is_retryable());
    }
}
