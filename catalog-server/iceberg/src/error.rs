//! What can go wrong, by what the caller does about it.

/// A text that is not what it should be: not JSON, a field missing or of the wrong type, a value out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot parse {what}: {reason}")]
pub struct ParseError {
    what: String,
    reason: String,
}

impl ParseError {
    pub(crate) fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what: what.into(), reason: reason.into() }
    }

    /// Drops serde's position: it counts from the start of a fragment that the reader of the message never sees.
    pub(crate) fn json(what: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        Self::new(what, reason)
    }

    pub(crate) fn field(what: &str, key: &str, error: &serde_json::Error) -> Self {
        let Self { what, reason } = Self::json(what, error);
        Self { what, reason: format!("field {key}: {reason}") }
    }
}

/// A requirement of a commit that the table's current metadata does not meet. The server answers 409
/// `CommitFailedException` with this text, which is the reference implementation's to the letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Requirement failed: {0}")]
pub struct RequirementFailed(pub(crate) String);

/// Updates that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The request is wrong and stays wrong: 400 `ValidationException`.
    #[error("{0}")]
    Invalid(String),
    /// The request was made against an older state of the table (stale sequence number, stale first row id); the
    /// client can refresh and try again: 409 `CommitFailedException`.
    #[error("{0}")]
    Conflict(String),
    /// A legal request that this version does not serve yet: 400.
    #[error("{0}")]
    Unsupported(String),
}

impl From<ParseError> for ApplyError {
    fn from(error: ParseError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// `Err(Invalid(…))` in one word.
pub(crate) fn invalid<T>(message: impl Into<String>) -> Result<T, ApplyError> {
    Err(ApplyError::Invalid(message.into()))
}
