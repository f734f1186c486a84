//! What a lost commit is called in the answer. Pure; the words are those of the Java reference.

use catalog_api::ErrorType;
use catalog_store::{CommitError, Entry, Found, Key, Kind};

use crate::error::ApiError;

/// The answer for a conflict that trying again cannot heal, for a request that wanted a name to be free.
pub(crate) fn name_taken(kind: Kind, name: impl std::fmt::Display) -> ApiError {
    let text = match kind {
        Kind::Namespace => format!("Namespace already exists: {name}"),
        Kind::Table => format!("Table already exists: {name}"),
        Kind::View => format!("View with same name already exists: {name}"),
    };
    ApiError::new(ErrorType::AlreadyExistsException, text)
}

/// The answer for a commit that was meant to put something new under a name.
pub(crate) fn creating(error: CommitError) -> ApiError {
    match error {
        CommitError::Conflict { key, found: Found::Entry(Entry { content, version: _ }) } => {
            name_taken(content.kind(), key)
        }
        error => changing(error),
    }
}

/// The answer for a commit that was meant to change what is there.
pub(crate) fn changing(error: CommitError) -> ApiError {
    match error {
        CommitError::Conflict { found: Found::LocationTaken { location, holder }, key } => ApiError::validation(
            format!("the location {location} of {key} overlaps the location of another table or view"),
        )
        .because(format!("content {holder} holds it")),
        CommitError::Conflict { key, found: Found::NotEmpty } => {
            ApiError::new(ErrorType::NamespaceNotEmptyException, format!("Namespace {key} is not empty."))
        }
        CommitError::Conflict { key, found: Found::Absent } if key.namespace().is_some() => {
            ApiError::no_such_namespace(key)
        }
        error => error.into(),
    }
}

/// True if the tree moved under the request, so that it may win the next time.
pub(crate) fn moved(error: &CommitError) -> bool {
    let CommitError::Conflict { key, found } = error else { return false };
    match found {
        Found::Absent => key.namespace().is_none(),
        Found::Entry(_) => true,
        Found::NotEmpty | Found::LocationTaken { .. } => false,
    }
}

/// The key that was not as expected.
pub(crate) fn key(error: &CommitError) -> Option<&Key> {
    match error {
        CommitError::Conflict { key, found: _ } => Some(key),
        CommitError::OutcomeUnknown(_) | CommitError::Unavailable(_) | CommitError::Backend(_) => None,
    }
}
