//! What an error of SQLite means for the caller.

use catalog_store::StoreError;

/// Primary result codes (<https://sqlite.org/rescode.html>).
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READONLY: u32 = 8;
const IOERR: u32 = 10;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;

/// An error of anything but COMMIT: surely nothing happened.
pub(crate) fn refused(error: sqlx::Error) -> StoreError {
    match primary_code(&error) {
        Some(BUSY | LOCKED | READONLY | IOERR | FULL | CANTOPEN) => StoreError::Unavailable(Box::new(error)),
        Some(_) => StoreError::Backend(Box::new(error)),
        None if is_about_the_connection(&error) => StoreError::Unavailable(Box::new(error)),
        None => StoreError::Backend(Box::new(error)),
    }
}

/// An error of COMMIT. The lock not had, or no room for the last frame of the log: it did not happen. Anything else,
/// such as a failed flush, leaves open what a restart will find.
pub(crate) fn in_commit(error: sqlx::Error) -> StoreError {
    match primary_code(&error) {
        Some(BUSY | LOCKED | FULL) => StoreError::Unavailable(Box::new(error)),
        _ => StoreError::OutcomeUnknown(Box::new(error)),
    }
}

/// A row or count that the statement cannot have given: the data is damaged, or a newer build has written it.
pub(crate) fn damaged(what: String) -> StoreError {
    StoreError::Backend(what.into())
}

fn is_about_the_connection(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::BeginFailed
    )
}

fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let extended: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}
