//! Metadata files: reading one through the cache, and naming the next one.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use catalog_api::ErrorType;
use uuid::Uuid;

use crate::app::App;
use crate::codec::{self, Codec};
use crate::error::ApiError;
use crate::locations::{Location, Scheme};
use crate::session::Session;
use crate::storage::FileError;

/// The JSON of a metadata file that the tree names.
///
/// On a disk, whether the file is still there is asked even if its content is known: that is cheap, and people who look
/// after a disk expect it. In a bucket it would cost what reading costs.
///
/// # Errors
/// 404 `NotFoundException` if somebody took the file away; 503 if the store does not answer.
pub(crate) async fn read(app: &App, session: &Session, location: &str) -> Result<Bytes, ApiError> {
    if Scheme::of(location) == Some(Scheme::File) {
        let there = app.files.must_exist(&session.warehouse, &address(location)).await;
        there.map_err(|error| unreadable(location, Arc::new(error)))?;
    }
    recall(app, session, location).await
}

/// Checks that a metadata file can be read, without reading it: what is in the cache counts as for [`read`].
///
/// # Errors
/// As [`read`].
pub(crate) async fn must_exist(app: &App, session: &Session, location: &str) -> Result<(), ApiError> {
    let cached = || app.metadata.contains(session.warehouse.row.id, location);
    if Scheme::of(location) != Some(Scheme::File) && cached() {
        return Ok(());
    }
    let found = app.files.must_exist(&session.warehouse, &address(location)).await;
    found.map_err(|error| unreadable(location, Arc::new(error)))
}

/// As [`read`], but what is known is not asked for: for a commit, which replaces the file.
///
/// # Errors
/// As [`read`].
pub(crate) async fn recall(app: &App, session: &Session, location: &str) -> Result<Bytes, ApiError> {
    let read = async { fetch(app, session, &address(location)).await };
    let found = app.metadata.get_or_read(session.warehouse.row.id, location, read).await;
    found.map_err(|error| unreadable(location, error))
}

/// The JSON of a metadata file, past the cache; it keeps its room in memory.
///
/// # Errors
/// [`FileError`].
pub(crate) async fn fetch(app: &App, session: &Session, address: &str) -> Result<Bytes, FileError> {
    let room = app.metadata.room();
    let (file, place) = app.files.read_into(room, &session.warehouse, address).await?;
    let Some(length) = codec::unpacked_length(&file) else { return Ok(place.hold(file)) };
    // Who holds room and waits for more would keep others from ever having enough.
    drop(place);
    let place = room.take(length).await.map_err(|_| FileError::NoRoom { location: address.to_owned() })?;
    Ok(place.hold(codec::unpack(address, file).await?))
}

/// 500: the file is not what this or another catalog wrote, and the client cannot mend it.
pub(crate) fn damaged(location: &str, error: &dyn Error) -> ApiError {
    let message = format!("the metadata file {location} is damaged: {error}");
    ApiError::new(ErrorType::InternalServerError, message)
}

/// The spelling of a location that [`crate::storage`] reads. What is no location is refused there.
pub(crate) fn address(location: &str) -> String {
    Location::parse(location).map_or_else(|_| location.to_owned(), |parsed| parsed.address().to_owned())
}

/// What a file that cannot be read is called. The first text is that of the Java reference, whose compatibility kit expects
/// the location, which clients know as the table's `metadata-location`.
pub(crate) fn unreadable(location: &str, error: Arc<FileError>) -> ApiError {
    let message = error.to_string();
    match *error {
        FileError::NotFound { .. } => {
            let message = format!(
                "Failed to open input stream for file: {location}. It is missing from the storage: restore it, or drop the \
                 table or view and register an older metadata file"
            );
            ApiError::new(ErrorType::NotFoundException, message)
        }
        FileError::NotAllowed { .. } => ApiError::validation(message),
        FileError::Denied { .. } | FileError::Unusable { .. } => {
            ApiError::new(ErrorType::ServiceUnavailableException, message)
        }
        FileError::Unavailable { .. } | FileError::NoRoom { .. } => ApiError::unavailable(message),
        FileError::Exists { .. } => return ApiError::internal(error),
    }
    .because(error)
}

/// `<N:05>-<id of the commit, a uuid v7>.metadata.json`, or `….gz.metadata.json`; N goes on from the file before.
pub(crate) fn next_name(previous: Option<&str>, id: Uuid, codec: Codec) -> String {
    let number = previous.and_then(number).map_or(0, |number| number.saturating_add(1));
    format!("{number:05}-{id}{}", codec.extension())
}

/// The N of a file's name; other catalogs' names may have none.
fn number(location: &str) -> Option<u64> {
    let name = location.rsplit('/').next()?;
    name.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_on_from_whatever_wrote_the_file_before() {
        let id = Uuid::nil();
        let next = |previous| next_name(previous, id, Codec::Plain).split_once('-').unwrap().0.to_owned();
        assert_eq!(next(None), "00000");
        assert_eq!(next(Some("s3://b/t/metadata/00009-x.metadata.json")), "00010");
        assert_eq!(next(Some("s3://b/t-1/metadata/99999-x.metadata.json")), "100000");
        assert_eq!(next(Some("s3://b/t/metadata/v3.metadata.json")), "00000");
    }

    #[test]
    fn a_file_that_is_gone_is_called_what_java_calls_it() {
        let error = unreadable("s3a://b/x", Arc::new(FileError::NotFound { location: "s3://b/x".into() }));
        assert!(error.message.starts_with("Failed to open input stream for file: s3a://b/x."), "{error}");
        assert!(error.message.contains("register an older metadata file"), "{error}");
        assert_eq!(error.r#type, ErrorType::NotFoundException);
    }
}
