//! Finds metadata files that a writer left behind: it died between writing the file and committing the pointer to it,
//! or never learned what became of its commit (CONTRACT §5).
//!
//! Only where a live table or view that was created here keeps its metadata, only files named as this server names them, only
//! what is older than the grace and than the current file, and younger than the table, and only what neither a version
//! of the table nor its metadata log names and whose commit, which the name tells, never came to be. The last is what
//! makes it certain, as long as no other catalog writes into the directory.
//!
//! What a dead *create* left is not there, and is found by its intent ([`intents`]).

mod candidates;
mod intents;
mod logs;
mod walk;

use std::collections::HashSet;
use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use catalog_store::{Branch, PaginationParams, View};

use super::{expired_metadata, with_jitter};
use crate::app::App;
use crate::error::ApiError;
use crate::locations::Location;
use crate::storage::WarehouseContext;
use candidates::Candidate;
use walk::Relation;

pub(super) async fn sweep(app: Arc<App>) {
    let interval = app.settings.sweeps.orphan_interval;
    // Soon after the start, for a server may never live a whole interval.
    tokio::time::sleep(with_jitter(interval / 10)).await;
    loop {
        if app.readiness.obstacle().is_none()
            && let Err(error) = sweep_all(&app).await
        {
            app.metrics.sweep_failed("orphans");
            tracing::warn!(error = &error as &dyn Error, "the search for orphaned metadata files failed");
        }
        tokio::time::sleep(with_jitter(interval)).await;
    }
}

async fn sweep_all(app: &App) -> Result<(), ApiError> {
    let mut page = PaginationParams::default();
    loop {
        let warehouses = app.store.list_warehouses(&page).await?;
        for row in warehouses.items {
            let warehouse = WarehouseContext::new(row).map_err(ApiError::internal)?;
            sweep_warehouse(app, &warehouse).await?;
            intents::sweep(app, &warehouse).await?;
        }
        let Some(next) = warehouses.next else { return Ok(()) };
        page = page.after(next);
    }
}

async fn sweep_warehouse(app: &App, warehouse: &WarehouseContext) -> Result<(), ApiError> {
    let mut page = PaginationParams::first(PaginationParams::MAX);
    let mut swept = Swept::default();
    loop {
        let branches = app.store.list_branches(warehouse.row.id, &page).await?;
        for branch in &branches.items {
            sweep_branch(app, warehouse, branch, &mut swept).await?;
        }
        let Some(next) = branches.next else { return Ok(()) };
        page = page.after(next);
    }
}

/// The states whose directories were searched in this sweep: branches share most of them. A hash each, because there may
/// be many; of two with one hash, one is searched.
#[derive(Default)]
struct Swept(HashSet<u64>);

impl Swept {
    /// True the first time.
    fn insert(&mut self, relation: &Relation) -> bool {
        let mut hasher = DefaultHasher::new();
        (relation.id, &relation.metadata_location).hash(&mut hasher);
        self.0.insert(hasher.finish())
    }
}

async fn sweep_branch(
    app: &App,
    warehouse: &WarehouseContext,
    branch: &Branch,
    swept: &mut Swept,
) -> Result<(), ApiError> {
    let mut relations = walk::Relations::new(View::head(branch));
    while let Some(relation) = relations.next(app).await? {
        if !swept.insert(&relation) {
            continue;
        }
        // One that cannot be read must not shield the orphans of the others.
        if let Err(error) = sweep_one(app, warehouse, &relation).await {
            app.metrics.sweep_failed("orphans");
            let location = &relation.metadata_location;
            tracing::warn!(location, error = &error as &dyn Error, "cannot search for orphans of a table or view");
        }
    }
    Ok(())
}

async fn sweep_one(app: &App, warehouse: &WarehouseContext, relation: &Relation) -> Result<(), ApiError> {
    let Ok(current) = Location::parse(&relation.metadata_location) else { return Ok(()) };
    let Some((directory, _)) = current.address().rsplit_once('/') else { return Ok(()) };
    let files = app.files.list(warehouse, directory).await?;
    let grace = app.settings.sweeps.orphan_grace;
    let mut found = candidates::among(&files, current.address(), relation.id, app.clock.now(), grace);
    if found.is_empty() {
        return Ok(());
    }
    let mut old_is_wanted_gone = false;
    if relation.has_log {
        let table = logs::table(app, warehouse, &current).await?;
        candidates::spare_log(&mut found, table.metadata_log().map_err(ApiError::internal)?);
        old_is_wanted_gone = expired_metadata::is_wanted(&table);
    }
    let spellings: Vec<String> = found.iter().flat_map(Candidate::spellings).collect();
    let mut named = app.store.named_metadata(relation.id, &spellings).await?;
    found.retain(|candidate| candidate.spellings().all(|spelling| !named.contains(&spelling)));
    let commits: Vec<_> = found.iter().map(|candidate| candidate.commit).collect();
    let applied = app.store.applied_commits(&commits).await?;
    found.retain(|candidate| !applied.contains(&candidate.commit));
    for Candidate { address, commit: _ } in found {
        app.files.delete(warehouse, &address).await?;
        app.metrics.orphan();
        tracing::info!(location = address, warehouse = warehouse.row.name, "deleted an orphaned metadata file");
    }
    // What a server that died after a commit had yet to do.
    if old_is_wanted_gone && !named.is_empty() {
        logs::spare_others(app, warehouse, relation, &mut named).await?;
        expired_metadata::delete(app, warehouse, relation.id, named).await?;
    }
    Ok(())
}
