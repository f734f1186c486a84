//! Deletes what was kept of requests that cannot come again any more. It counts no longer from the moment it expires,
//! whether its row is there or not.

use std::sync::Arc;

use super::rows;
use crate::app::App;

pub(super) async fn sweep(app: Arc<App>) {
    let delete = |app: Arc<App>, now, batch| async move { app.store.delete_expired_marks(now, batch).await };
    rows::sweep(app, "expired_marks", delete).await;
}
