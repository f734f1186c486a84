//! Views: what they do not share with tables.

pub mod create;
pub mod load;
pub mod replace;

use iceberg_model::ViewMetadata;

use super::metadata;
use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// Reads a view's metadata for somebody who wants to go on from it.
///
/// # Errors
/// As [`metadata::read`]; 500 if the file is damaged.
async fn metadata(app: &App, session: &Session, location: &str) -> Result<ViewMetadata, ApiError> {
    let bytes = metadata::read(app, session, location).await?;
    ViewMetadata::parse(&bytes).map_err(|error| metadata::damaged(location, &error))
}
