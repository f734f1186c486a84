//! Deletes what is older than the policies of the warehouses let stay ([`catalog_store::retention`] says how).
//!
//! One server works on a warehouse at a time, by a lease that it renews; one that dies leaves a sweep that the next one
//! begins anew. Where there is no policy, nothing is ever deleted.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use catalog_store::retention::{self, Swept, Tally};
use catalog_store::{Branch, PaginationParams, StoreError, Sweep, View, Warehouse, Window};

use super::lease::{LEASE, until_lost};
use super::with_jitter;
use crate::app::App;
use crate::error::ApiError;

/// Versions that one statement looks at.
const BATCH: u32 = 1_000;

pub(super) async fn sweep(app: Arc<App>) {
    loop {
        if app.readiness.obstacle().is_none()
            && let Err(error) = sweep_all(&app).await
        {
            app.metrics.sweep_failed("retention");
            tracing::warn!(error = &error as &dyn Error, "cannot look for warehouses with a retention policy");
        }
        tokio::time::sleep(with_jitter(app.settings.sweeps.retention_interval)).await;
    }
}

async fn sweep_all(app: &App) -> Result<(), ApiError> {
    let mut page = PaginationParams::default();
    loop {
        let warehouses = app.store.list_warehouses(&page).await?;
        for row in warehouses.items {
            // One that fails must not shield the others.
            if let Err(error) = sweep_warehouse(app, &row).await {
                app.metrics.sweep_failed("retention");
                tracing::warn!(warehouse = row.name, error = &error as &dyn Error, "retention goes on later");
            }
        }
        let Some(next) = warehouses.next else { return Ok(()) };
        page = page.after(next);
    }
}

async fn sweep_warehouse(app: &App, row: &Warehouse) -> Result<(), ApiError> {
    let window = app.settings.retention.window(row);
    if window == Window::default() {
        return Ok(());
    }
    let Some(sweep) = app.store.take_sweep(row.id, LEASE).await? else { return Ok(()) };
    app.metrics.retention.late(sweep.late);
    let begun = Instant::now();
    let total = Mutex::new(Tally::default());
    let seen = |part: &Tally| {
        let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
        app.metrics.retention.deleted(part);
        total.versions += part.versions;
        total.names += part.names;
        total.locations += part.locations;
    };
    let (store, now) = (app.store.as_ref(), app.clock.now());
    let swept = tokio::select! {
        swept = retention::sweep(store, &sweep, &window, now, BATCH, &seen) => Some(swept),
        () = until_lost(|| store.keep_sweep(&sweep, LEASE)) => None,
    };
    let outcome = settle(app, row, &sweep, swept).await;
    let Tally { versions, names, locations } = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    if versions + names + locations > 0 {
        tracing::info!(warehouse = row.name, versions, names, locations, "deleted what nothing shows any more");
    }
    app.metrics.retention.run(outcome.as_ref().unwrap_or(&"failed"), begun.elapsed());
    outcome.map(drop)
}

/// Gives the sweep back, and says what became of it.
async fn settle(
    app: &App,
    row: &Warehouse,
    sweep: &Sweep,
    swept: Option<Result<Swept, StoreError>>,
) -> Result<&'static str, ApiError> {
    let pause = app.settings.sweeps.retention_interval;
    match swept {
        None => Ok("lost"),
        Some(Err(error)) => {
            app.store.end_sweep(sweep, None, pause).await?;
            Err(error.into())
        }
        Some(Ok(swept)) => {
            let ended = app.store.end_sweep(sweep, Some(&swept), pause).await?;
            if let Some(age) = floor_age(app, row.id).await? {
                app.metrics.retention.floor_age(&row.name, age);
            }
            Ok(if ended { "ended" } else { "lost" })
        }
    }
}

/// How old the oldest state is that `main` promises.
async fn floor_age(app: &App, warehouse: i64) -> Result<Option<Duration>, ApiError> {
    let Some(main) = app.store.get_branch(warehouse, Branch::MAIN).await? else { return Ok(None) };
    let floors = app.store.floors(&[main.id]).await?;
    let Some(floor) = floors.first().map(|floor| floor.seq) else { return Ok(None) };
    let page = PaginationParams::first(1);
    let newest = app.store.log(&View::at(&main, floor), &catalog_store::LogFilter::default(), &page).await?;
    let age = |at| app.clock.now().duration_since(at).try_into().unwrap_or(Duration::ZERO);
    Ok(newest.items.first().map(|commit| age(commit.committed_at)))
}
