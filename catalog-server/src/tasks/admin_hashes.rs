//! Follows the file of admin hashes: the operator rotates its token while the server runs.
//!
//! Polled, since a mounted Secret changes by the swap of a link, which no watch of the file itself sees.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;

use crate::app::App;

const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn follow(app: Arc<App>) {
    let Some(path) = app.settings.admin_hashes_file.clone() else { return };
    let mut failing = false;
    loop {
        tokio::time::sleep(PAUSE).await;
        let (admins, path) = (app.admins.clone(), path.clone());
        let Ok(result) = spawn_blocking(move || admins.reload(&path)).await else { return };
        match result {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "the admin hashes stay as they were");
            }
            Err(_) => {}
        }
    }
}
