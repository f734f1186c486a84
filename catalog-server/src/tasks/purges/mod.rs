//! Deletes the files of tables that were dropped with a purge, once nothing that can still be seen names them
//! (CONTRACT §5).
//!
//! A purge is a row. One server has it at a time, by a lease that it renews while it works; a server that dies leaves a
//! row that the next one takes. What was done is seen from what is not there any more, so that it can begin anew at any
//! time. While there is a row, nobody else can have the table's locations.

mod files;
mod manifests;
pub(super) mod own;
mod work;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use catalog_store::Purge;
use tokio::time::timeout;

use super::lease::{LEASE, until_lost};
use super::with_jitter;
use crate::app::App;
use crate::error::ApiError;
use work::Outcome;

pub(super) async fn sweep(app: Arc<App>) {
    loop {
        if app.readiness.obstacle().is_none()
            && let Err(error) = work_off(&app).await
        {
            app.metrics.sweep_failed("purges");
            tracing::warn!(error = &error as &dyn Error, "cannot look for purges");
        }
        // A drop with a purge wakes it.
        let _ = timeout(with_jitter(pause(&app)), app.purges.notified()).await;
    }
}

/// As often as waiting purges are looked at, and after a start soon.
fn pause(app: &App) -> Duration {
    if app.readiness.obstacle().is_some() { Duration::from_secs(1) } else { app.settings.sweeps.purge_interval }
}

/// Works off all that are due.
async fn work_off(app: &App) -> Result<(), ApiError> {
    while let Some(purge) = app.store.take_purge(LEASE).await? {
        let outcome = tokio::select! {
            outcome = work::run(app, &purge) => outcome,
            () = until_lost(|| app.store.keep_purge(&purge, LEASE)) => Ok(Outcome::Lost),
        };
        settle(app, &purge, outcome).await?;
    }
    app.metrics.purges_waiting(app.store.count_purges().await?);
    Ok(())
}

async fn settle(app: &App, purge: &Purge, outcome: Result<Outcome, ApiError>) -> Result<(), ApiError> {
    let Purge { content_id, metadata_location, .. } = purge;
    match outcome {
        Ok(Outcome::Done(tally)) => {
            let ended = app.store.end_purge(purge).await?;
            app.metrics.purge(if ended { "ended" } else { "lost" });
            let (deleted, kept) = (tally.deleted(), tally.kept());
            tracing::info!(%content_id, metadata_location, deleted, kept, "purged a table");
        }
        Ok(Outcome::Waits) => app.metrics.purge("waits"),
        Ok(Outcome::Lost) => app.metrics.purge("lost"),
        Err(error) => {
            app.metrics.purge("failed");
            app.metrics.sweep_failed("purges");
            tracing::warn!(%content_id, metadata_location, error = &error as &dyn Error, "a purge goes on later");
        }
    }
    // Of one that has ended there is nothing to put off.
    app.store.put_off_purge(purge, with_jitter(app.settings.sweeps.purge_interval)).await?;
    Ok(())
}
