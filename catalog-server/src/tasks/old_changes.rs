//! Deletes old changes of the feed, in batches. A replica that slept for longer notices that it missed some, and forgets
//! all that it kept.

use std::sync::Arc;
use std::time::Duration;

use catalog_store::StoreError;

use super::with_jitter;
use crate::app::App;

/// Followers read the feed once a second.
const KEPT: Duration = Duration::from_secs(3600);

pub(super) async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(with_jitter(app.settings.sweeps.token_interval)).await;
        if app.readiness.obstacle().is_some() {
            continue;
        }
        if let Err(error) = delete_old(&app).await {
            app.metrics.sweep_failed("old_changes");
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot delete old changes of the feed");
        }
    }
}

async fn delete_old(app: &App) -> Result<(), StoreError> {
    let batch = app.settings.sweeps.token_batch.max(1);
    let before = app.clock.now() - KEPT;
    while app.store.delete_old_changes(before, batch).await? == u64::from(batch) {
        tokio::task::yield_now().await;
    }
    Ok(())
}
