//! `/api/v1/…`: what the operator says to the server.

pub mod page;
pub mod tokens;
pub mod warehouses;

use catalog_api::management::Outcome;
use catalog_store::PutOutcome;

use crate::error::ApiError;

/// Bytes of an owner's uid or of a revision at most.
const MAX_ID: usize = 256;

fn outcome(outcome: PutOutcome) -> Outcome {
    match outcome {
        PutOutcome::Created => Outcome::Created,
        PutOutcome::Adopted => Outcome::Adopted,
        PutOutcome::Updated => Outcome::Updated,
        PutOutcome::Unchanged => Outcome::Unchanged,
    }
}

/// An id of the caller's making: printable ASCII, so that it can stand in a message and in a path.
fn check_id(field: &str, id: &str) -> Result<(), ApiError> {
    if (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("{field} must have 1 to {MAX_ID} printable ASCII characters without spaces")))
}
