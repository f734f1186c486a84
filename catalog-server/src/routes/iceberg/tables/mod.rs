//! Tables: what they do not share with views.

mod change;

pub mod commit;
pub mod create;
pub mod load;
mod removed;
pub mod report;
pub mod transaction;
pub mod unregister;

use iceberg_model::TableMetadata;

use super::metadata;
use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// Reads a table's metadata for somebody who wants to go on from it.
///
/// # Errors
/// As [`metadata::read`]; 500 if the file is damaged.
async fn metadata(app: &App, session: &Session, location: &str) -> Result<TableMetadata, ApiError> {
    let bytes = metadata::read(app, session, location).await?;
    // Whatever the tree names was written here, or was checked when it was registered.
    TableMetadata::parse_trusted(&bytes).map_err(|error| metadata::damaged(location, &error))
}
