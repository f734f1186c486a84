//! `cleanup_expired_tokens`: deletes the rows of tokens that have ended. They are refused from the moment they end, whether
//! their row is there or not.

use std::sync::Arc;

use super::rows;
use crate::app::App;

pub(super) async fn sweep(app: Arc<App>) {
    rows::sweep(app, "cleanup_expired_tokens", |app, now, batch| async move {
        let count = app.store.delete_expired_tokens(now, batch).await?;
        app.metrics.swept_tokens(count);
        Ok(count)
    })
    .await;
}
