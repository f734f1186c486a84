//! `/api/v1/…`: what the operator says to the server and, below a warehouse, what principals do with its commit tree.

mod arrivals;
mod changes;
pub mod commits;
mod diff;
pub mod dropped;
pub mod merges;
pub mod openapi;
pub mod page;
pub mod refs;
pub mod tokens;
pub mod warehouses;

pub use diff::diff;

use catalog_api::management::Outcome;
use catalog_store::PutOutcome;
use jiff::Timestamp;

use crate::error::ApiError;

/// Bytes of an owner's uid or of a revision at most.
const MAX_ID: usize = 256;
/// 9999-12-30T00:00:00Z: what is later cannot be rounded to the microseconds of a database.
const LATEST: Timestamp = Timestamp::constant(253_402_128_000, 0);

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

/// A time that every database can hold.
fn check_time(field: &str, time: Timestamp) -> Result<(), ApiError> {
    if (Timestamp::UNIX_EPOCH..=LATEST).contains(&time) {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("{field} must lie between {} and {LATEST}", Timestamp::UNIX_EPOCH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_that_databases_hold_are_taken() {
        for good in ["1970-01-01T00:00:00Z", "2026-11-23T22:00:00.123456789Z", "9999-12-30T00:00:00Z"] {
            assert!(check_time("t", good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in ["-009999-01-03T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-30T22:00:00.999999999Z"] {
            assert!(check_time("t", bad.parse().unwrap()).is_err(), "{bad}");
        }
    }
}
