//! `cleanup_expired_tokens`: deletes the rows of tokens that have ended, in batches. They are refused from the moment
//! they end, whether their row is there or not.

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
        match cleanup_expired_tokens(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "deleted expired tokens"),
            Err(error) => {
                app.metrics.sweep_failed("cleanup_expired_tokens");
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot delete expired tokens");
            }
        }
    }
}

/// Deletes all that have ended by now; how many that were.
async fn cleanup_expired_tokens(app: &App) -> Result<u64, StoreError> {
    let batch = app.settings.sweeps.token_batch.max(1);
    let now = app.clock.now();
    let mut total = 0;
    loop {
        let count = app.store.delete_expired_tokens(now, batch).await?;
        app.metrics.swept_tokens(count);
        total += count;
        if count < u64::from(batch) {
            return Ok(total);
        }
        tokio::task::yield_now().await;
    }
}
