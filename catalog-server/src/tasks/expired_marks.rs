//! Deletes what was kept of requests that cannot come again any more, in batches. It counts no longer from the moment it
//! expires, whether its row is there or not.

use std::sync::Arc;

use catalog_store::StoreError;

use super::with_jitter;
use crate::app::App;

pub(super) async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(with_jitter(app.settings.sweeps.token_interval)).await;
        if app.readiness.obstacle().is_some() {
            continue;
        }
        if let Err(error) = delete_expired(&app).await {
            app.metrics.sweep_failed("expired_marks");
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot delete expired idempotency keys");
        }
    }
}

async fn delete_expired(app: &App) -> Result<(), StoreError> {
    let batch = app.settings.sweeps.token_batch.max(1);
    let now = app.clock.now();
    while app.store.delete_expired_marks(now, batch).await? == u64::from(batch) {
        tokio::task::yield_now().await;
    }
    Ok(())
}
