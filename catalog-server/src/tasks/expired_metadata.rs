//! Deletes metadata files that fell out of their table's log at a commit, where the table wants that
//! (`write.metadata.delete-after-commit.enabled`), and nothing that can still be seen names them (CONTRACT §5).
//!
//! Commits leave them in memory and this task takes them some seconds later, all of a table at once: looking for who
//! names a file costs as much as the table has versions. What a server that dies has left, the sweep of orphans finds: it
//! lists the table's directory anyhow.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog_store::Seen;
use iceberg_model::TableMetadata;
use uuid::Uuid;

use super::purges::own::{Own, made_here};
use super::with_jitter;
use crate::app::App;
use crate::error::ApiError;
use crate::storage::WarehouseContext;

/// The property by which a table says that it wants this.
const DELETE_AFTER_COMMIT: &str = "write.metadata.delete-after-commit.enabled";
const PAUSE: Duration = Duration::from_secs(5);
/// What is kept in memory at most; what comes beyond is left where it is.
const MAX: usize = 100_000;

/// True if the table wants what has fallen out of its log deleted.
pub(crate) fn is_wanted(table: &TableMetadata) -> bool {
    table.property(DELETE_AFTER_COMMIT).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// A metadata file that a commit took out of its table's log.
#[derive(Clone, Debug)]
pub(crate) struct Expired {
    /// Where it is.
    pub(crate) warehouse: Arc<WarehouseContext>,
    /// Whose it was.
    pub(crate) content: Uuid,
    /// As the log named it.
    pub(crate) location: String,
}

/// Files that wait for their deletion.
#[derive(Debug, Default)]
pub struct ExpiredFiles(Mutex<Vec<Expired>>);

impl ExpiredFiles {
    /// To be called when the commit is certain.
    pub(crate) fn add(&self, files: impl Iterator<Item = Expired>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX.saturating_sub(all.len());
        all.extend(files.take(room));
    }

    fn take(&self) -> Vec<Expired> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(with_jitter(PAUSE)).await;
        let mut tables: HashMap<Uuid, Vec<Expired>> = HashMap::new();
        for one in app.expired.take() {
            tables.entry(one.content).or_default().push(one);
        }
        for (content, files) in tables {
            if let Err(error) = delete_all(&app, content, &files).await {
                app.metrics.sweep_failed("expired_metadata");
                tracing::warn!(%content, error = &error as &dyn Error, "old metadata files of a table stay behind");
            }
        }
    }
}

async fn delete_all(app: &App, content: Uuid, files: &[Expired]) -> Result<(), ApiError> {
    let Some(Expired { warehouse, .. }) = files.first() else { return Ok(()) };
    let locations: Vec<String> = files.iter().map(|file| file.location.clone()).collect();
    // What no version of the table names was written by somebody else.
    let named = app.store.named_metadata(content, &locations).await?;
    delete(app, warehouse, content, named).await
}

/// Deletes, of the files that versions of a table name and its log does not, those that nothing shows any more.
pub(super) async fn delete(
    app: &App,
    warehouse: &WarehouseContext,
    content: Uuid,
    mut named: HashSet<String>,
) -> Result<(), ApiError> {
    if !made_here(content)
        && let Some(reach) = app.store.reach(content).await?
    {
        named.remove(&reach.first);
    }
    let window = app.settings.retention.window(&warehouse.row);
    let ranges = app.store.shown(warehouse.row.id, &window, app.clock.now()).await?;
    let seen: HashSet<String> = app.store.seen(content, &ranges).await?.into_iter().map(of).collect();
    let own = Own { held: app.store.held_locations(content).await?, added: None };
    let addresses: Vec<String> = named.difference(&seen).filter_map(|location| own.within(location)).collect();
    let count = addresses.len() as u64;
    app.files.delete_all(warehouse, addresses).await?;
    app.metrics.expired_metadata(count);
    Ok(())
}

fn of(seen: Seen) -> String {
    let Seen { viewer: _, metadata_location } = seen;
    metadata_location
}
