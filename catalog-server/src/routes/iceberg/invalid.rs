//! Parts of a body that the metadata model reads, and what it refuses. Pure.

use catalog_api::ErrorType;
use iceberg_model::{ApplyError, MAX_UPDATES};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::ApiError;

/// Reads one part of a body.
///
/// # Errors
/// 400 with the part's name.
pub(crate) fn part<T: DeserializeOwned>(name: &str, raw: &RawValue) -> Result<T, ApiError> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let text = error.to_string();
        // The position counts from the start of the part, which the client does not see.
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _position)| reason);
        ApiError::bad_request(format!("cannot read the body at {name}: {reason}"))
    })
}

/// As [`part`], for a list.
///
/// # Errors
/// 400 with the place in the list, or if it is too long.
pub(crate) fn parts<T: DeserializeOwned>(name: &str, all: &[Box<RawValue>]) -> Result<Vec<T>, ApiError> {
    if all.len() > MAX_UPDATES {
        let count = all.len();
        return Err(ApiError::bad_request(format!("{name} has {count} elements: the limit is {MAX_UPDATES}")));
    }
    all.iter().enumerate().map(|(place, raw)| part(&format!("{name}[{place}]"), raw)).collect()
}

/// What the model says of updates that it cannot apply.
pub(crate) fn apply(error: ApplyError) -> ApiError {
    match error {
        ApplyError::Invalid(message) | ApplyError::Unsupported(message) => ApiError::validation(message),
        ApplyError::Conflict(message) => ApiError::new(ErrorType::CommitFailedException, message),
    }
}

/// As [`apply`], of a view: the Java reference checks a view's metadata as arguments.
pub(crate) fn apply_view(error: ApplyError) -> ApiError {
    match error {
        ApplyError::Invalid(message) => ApiError::new(ErrorType::IllegalArgumentException, message),
        error => apply(error),
    }
}
