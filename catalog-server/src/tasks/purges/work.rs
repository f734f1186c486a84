//! One purge, from the question whether anything still shows the table to its last file.
//!
//! Data first: a manifest goes when all files that it names are gone, a manifest list when its manifests are, and the
//! metadata files that tell where it all is go last. Whatever kills the server leaves what is needed to go on.

use std::collections::HashSet;

use bytes::Bytes;
use catalog_store::{Purge, Reach, Warehouse};
use iceberg_model::{ParseError, TableMetadata};

use super::files::{Tally, Walk};
use super::own::{Own, made_here};
use crate::app::App;
use crate::codec;
use crate::error::ApiError;
use crate::locations::Location;
use crate::storage::{FileError, WarehouseContext};

/// A table with this property set to false may share its data with others, but not what describes it: as the Java
/// library (`CatalogUtil.dropTableData`), a purge deletes the one and keeps the other.
const GC_ENABLED: &str = "gc.enabled";
/// Metadata files that are deleted at once.
const PAGE: u32 = 500;

/// What became of a purge.
#[derive(Debug)]
pub(super) enum Outcome {
    /// There is nothing left to do.
    Done(Tally),
    /// Something still shows the table.
    Waits,
    /// Another server has it.
    Lost,
}

/// Does what can be done now.
///
/// # Errors
/// If storage or database do not answer as they should: it is to be tried again, and goes on where it was.
pub(super) async fn run(app: &App, purge: &Purge) -> Result<Outcome, ApiError> {
    let Some(row) = app.store.warehouse_of(purge.warehouse_id).await? else { return Ok(Outcome::Waits) };
    if !purge.begun && !begin(app, purge, &row).await? {
        return Ok(Outcome::Waits);
    }
    let warehouse = WarehouseContext::new(row).map_err(ApiError::internal)?;
    let Some(reach) = app.store.reach(purge.content_id).await? else { return Ok(Outcome::Done(Tally::default())) };
    let roots = read_all(app, &warehouse, &reach.last).await?;
    let own = own(app, &warehouse, purge, &reach, &roots).await?;
    let data = !roots.iter().any(|root| is_off(root.property(GC_ENABLED)));
    let walk = Walk::new(app, &warehouse, &own, data);
    for root in &roots {
        walk.table(root).await?;
    }
    metadata_files(app, purge, &reach, &walk).await?;
    Ok(Outcome::Done(walk.into_tally()))
}

/// As the Java library reads a boolean: whatever does not say `true` is false.
fn is_off(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.eq_ignore_ascii_case("true"))
}

/// Asks without a lock first: most purges that cannot begin wait for long.
async fn begin(app: &App, purge: &Purge, warehouse: &Warehouse) -> Result<bool, ApiError> {
    let (window, now) = (app.settings.retention.window(warehouse), app.clock.now());
    let ranges = app.store.shown(purge.warehouse_id, &window, now).await?;
    if !app.store.seen(purge.content_id, &ranges).await?.is_empty() {
        return Ok(false);
    }
    Ok(app.store.begin_purge(purge, &window, now).await?)
}

/// The newest metadata of each branch. One that is gone was deleted when all that it names was.
async fn read_all(
    app: &App,
    warehouse: &WarehouseContext,
    locations: &[String],
) -> Result<Vec<TableMetadata>, ApiError> {
    let mut roots = Vec::new();
    for location in locations {
        roots.extend(read(app, warehouse, location).await?);
    }
    Ok(roots)
}

async fn read(app: &App, warehouse: &WarehouseContext, location: &str) -> Result<Option<TableMetadata>, ApiError> {
    let Ok(parsed) = Location::parse(location) else { return Ok(None) };
    let file: Bytes = match app.files.read(warehouse, parsed.address()).await {
        Ok(file) => file,
        Err(FileError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let json = codec::unpack(parsed.address(), file).await?;
    let damaged = |error: ParseError| ApiError::internal(format!("the metadata file {location} is damaged: {error}"));
    TableMetadata::parse_trusted(&json).map(Some).map_err(damaged)
}

async fn own(
    app: &App,
    warehouse: &WarehouseContext,
    purge: &Purge,
    reach: &Reach,
    roots: &[TableMetadata],
) -> Result<Own, ApiError> {
    let held = app.store.held_locations(purge.content_id).await?;
    if made_here(purge.content_id) {
        return Ok(Own { held, added: None });
    }
    // Without the file that it was registered from, nobody knows what was there before: nothing is its own then.
    let Some(first) = read(app, warehouse, &reach.first).await? else {
        return Ok(Own { held, added: Some(HashSet::new()) });
    };
    let before = ids(&first)?;
    let mut added = HashSet::new();
    for root in roots {
        added.extend(ids(root)?.difference(&before));
    }
    Ok(Own { held, added: Some(added) })
}

fn ids(table: &TableMetadata) -> Result<HashSet<i64>, ApiError> {
    let snapshots = table.snapshots().map_err(ApiError::internal)?;
    Ok(snapshots.iter().map(iceberg_model::Snapshot::id).collect())
}

/// All that any version names; the ones that the next try would begin with last.
async fn metadata_files(app: &App, purge: &Purge, reach: &Reach, walk: &Walk<'_>) -> Result<(), ApiError> {
    let here = made_here(purge.content_id);
    let ours = |location: &&String| here || **location != reach.first;
    let mut after = String::new();
    loop {
        let page = app.store.metadata_files(purge.content_id, &after, PAGE).await?;
        let Some(last) = page.last().cloned() else { break };
        let (ours, foreign): (Vec<&String>, Vec<&String>) =
            page.iter().filter(|location| !reach.last.contains(location)).partition(ours);
        walk.metadata(ours).await?;
        walk.keep(foreign.len() as u64);
        after = last;
    }
    let (ours, foreign): (Vec<&String>, Vec<&String>) = reach.last.iter().partition(ours);
    walk.keep(foreign.len() as u64);
    walk.metadata(ours).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_deleted_only_where_nothing_forbids_it_in_whatever_spelling() {
        assert!(["false", "False", "FALSE", "no", ""].iter().all(|value| is_off(Some(value))));
        assert!(!is_off(None) && !is_off(Some("true")) && !is_off(Some("True")));
    }
}
