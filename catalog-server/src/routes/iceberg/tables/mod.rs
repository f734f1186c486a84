//! Tables: what they do not share with views.

mod change;

pub mod commit;
pub mod create;
pub mod load;
mod removed;
pub mod report;
pub mod transaction;
pub mod unregister;

use bytes::Bytes;
use iceberg_model::TableMetadata;

use super::metadata;
use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// A table's metadata, for a commit.
///
/// # Errors
/// As [`metadata::recall`]; 500 if the file is damaged.
async fn metadata(app: &App, session: &Session, location: &str) -> Result<TableMetadata, ApiError> {
    parse(location, &metadata::recall(app, session, location).await?)
}

/// Whatever the tree names was written here, or was checked when it was registered.
fn parse(location: &str, file: &Bytes) -> Result<TableMetadata, ApiError> {
    TableMetadata::parse_trusted(file).map_err(|error| metadata::damaged(location, &error))
}
