//! What a lost commit is called in the answer. Pure; the words are those of the Java reference.

use catalog_api::ErrorType;
use catalog_store::{CommitError, Entry, Found, Key, Kind};

use crate::error::ApiError;

/// The answer for a conflict that trying again cannot heal, for a request that wanted a name to be free for something of
/// the kind `wanted`.
pub(crate) fn name_taken(wanted: Kind, found: Kind, name: impl std::fmt::Display) -> ApiError {
    let text = match found {
        found if found == wanted => format!("{} already exists: {name}", word(found)),
        found => format!("{} with same name already exists: {name}", word(found)),
    };
    ApiError::new(ErrorType::AlreadyExistsException, text)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Namespace => "Namespace",
        Kind::Table => "Table",
        Kind::View => "View",
    }
}

/// The answer for a commit that was meant to put something new of the kind `wanted` under a name.
pub(crate) fn creating(wanted: Kind, error: CommitError) -> ApiError {
    match error {
        CommitError::Conflict { key, found: Found::Entry(Entry { content, version: _ }) } => {
            name_taken(wanted, content.kind(), key)
        }
        error => changing(error),
    }
}

/// The answer for a rename whose new name is taken.
pub(crate) fn renaming(error: CommitError, from: &Key) -> ApiError {
    match error {
        CommitError::Conflict { key, found: Found::Entry(Entry { content, version: _ }) } => {
            let text = format!("Cannot rename {from} to {key}. {} already exists", word(content.kind()));
            ApiError::new(ErrorType::AlreadyExistsException, text)
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
        CommitError::Conflict { key, found: Found::LocationLeft { location } } => ApiError::unavailable(format!(
            "the files of a dropped table are still being deleted at the location {location} of {key}"
        )),
        CommitError::Conflict { key, found: Found::Purged } => ApiError::validation(format!(
            "{key} cannot come back: it was dropped with a purge, and its files are going or gone"
        )),
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
        Found::Entry(_) | Found::ShownAs { .. } => true,
        Found::NotEmpty
        | Found::LocationTaken { .. }
        | Found::LocationLeft { .. }
        | Found::Elsewhere(_)
        | Found::Purged
        | Found::LetGo => false,
    }
}

/// The key that was not as expected.
pub(crate) fn key(error: &CommitError) -> Option<&Key> {
    match error {
        CommitError::Conflict { key, found: _ } => Some(key),
        CommitError::Repeated(_)
        | CommitError::OutcomeUnknown(_)
        | CommitError::Unavailable(_)
        | CommitError::Backend(_) => None,
    }
}
