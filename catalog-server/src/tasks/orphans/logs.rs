//! Metadata logs: what a table, or another state of it that somebody sees, still names.

use std::collections::HashSet;

use catalog_store::{Seen, Window};
use iceberg_model::TableMetadata;

use super::walk::Relation;
use crate::app::App;
use crate::codec;
use crate::error::ApiError;
use crate::locations::Location;
use crate::storage::WarehouseContext;

/// A table's metadata.
pub(super) async fn table(
    app: &App,
    warehouse: &WarehouseContext,
    location: &Location,
) -> Result<TableMetadata, ApiError> {
    let file = app.files.read(warehouse, location.address()).await?;
    let bytes = codec::unpack(location.address(), file).await?;
    TableMetadata::parse_shared(&bytes).map_err(ApiError::internal)
}

/// Takes out what is in the logs of the table's other states that a branch or tag shows: those may want their past kept.
pub(super) async fn spare_others(
    app: &App,
    warehouse: &WarehouseContext,
    relation: &Relation,
    files: &mut HashSet<String>,
) -> Result<(), ApiError> {
    let heads = app.store.shown(warehouse.row.id, &Window::default(), app.clock.now()).await?;
    let seen = app.store.seen(relation.id, &heads).await?;
    let states: HashSet<String> =
        seen.into_iter().map(|Seen { viewer: _, metadata_location }| metadata_location).collect();
    for state in states.iter().filter(|state| **state != relation.metadata_location) {
        let state = table(app, warehouse, &Location::parse(state).map_err(ApiError::internal)?).await?;
        for file in state.metadata_log().map_err(ApiError::internal)? {
            files.remove(file);
        }
    }
    Ok(())
}
