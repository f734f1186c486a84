//! Rows that time has made useless, deleted in batches.

use std::sync::Arc;

use catalog_store::StoreError;
use jiff::Timestamp;

use super::with_jitter;
use crate::app::App;

/// Calls `delete`, with the time and how many it may delete, every `token_interval` until it finds no more; it says how
/// many it deleted. `task` is what metrics and logs call it.
pub(super) async fn sweep<F>(app: Arc<App>, task: &'static str, delete: impl Fn(Arc<App>, Timestamp, u32) -> F)
where
    F: Future<Output = Result<u64, StoreError>>,
{
    loop {
        tokio::time::sleep(with_jitter(app.settings.sweeps.token_interval)).await;
        if app.readiness.obstacle().is_some() {
            continue;
        }
        match delete_all(&app, &delete).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(task, count, "deleted rows that nobody needs any more"),
            Err(error) => {
                app.metrics.sweep_failed(task);
                tracing::warn!(task, error = &error as &dyn std::error::Error, "cannot delete rows; it goes on later");
            }
        }
    }
}

async fn delete_all<F>(app: &Arc<App>, delete: &impl Fn(Arc<App>, Timestamp, u32) -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let batch = app.settings.sweeps.token_batch.max(1);
    let now = app.clock.now();
    let mut total = 0;
    loop {
        let count = delete(Arc::clone(app), now, batch).await?;
        total += count;
        if count < u64::from(batch) {
            return Ok(total);
        }
        tokio::task::yield_now().await;
    }
}
