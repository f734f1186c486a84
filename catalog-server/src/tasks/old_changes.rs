//! Deletes old changes of the feed. A replica that slept for longer notices that it missed some, and forgets all that it
//! kept.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::rows;
use crate::app::App;

/// Followers read the feed about once a second.
const KEPT: Duration = Duration::from_secs(3600);

pub(super) async fn sweep(app: Arc<App>) {
    let delete =
        |app: Arc<App>, now: Timestamp, batch| async move { app.store.delete_old_changes(now - KEPT, batch).await };
    rows::sweep(app, "old_changes", delete).await;
}
