//! Tables.

mod metadata;
mod places;
mod publish;
mod snapshots;

pub mod commit;
pub mod create;
pub mod drop;
pub mod exists;
pub mod list;
pub mod load;
pub mod register;
pub mod rename;

use catalog_store::{Content, Entry, Key};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// A table that is there.
#[derive(Clone, Debug)]
struct Table {
    /// Stays through commits and renames.
    id: Uuid,
    /// The current metadata file.
    metadata_location: String,
}

/// Looks a table up; a view of that name is no table.
async fn look(app: &App, session: &Session, key: &Key) -> Result<Option<Table>, ApiError> {
    let entry = app.store.look(&session.view(), key).await?;
    Ok(entry.and_then(|Entry { content, version: _ }| match content {
        Content::Table { id, metadata_location } => Some(Table { id, metadata_location }),
        Content::View { .. } | Content::Namespace { .. } => None,
    }))
}

/// As [`look`].
///
/// # Errors
/// 404 if there is none.
async fn find(app: &App, session: &Session, key: &Key) -> Result<Table, ApiError> {
    look(app, session, key).await?.ok_or_else(|| ApiError::no_such_table(key))
}
