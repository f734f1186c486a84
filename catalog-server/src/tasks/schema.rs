//! Watches whether the database's schema fits: migrations may come, or a newer build may migrate it further.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::platform::describe;

const WHILE_WAITING: Duration = Duration::from_millis(500);
const WHILE_READY: Duration = Duration::from_secs(10);

pub(super) async fn watch(app: Arc<App>) {
    loop {
        look(&app).await;
        let pause = if app.readiness.obstacle().is_some() { WHILE_WAITING } else { WHILE_READY };
        tokio::time::sleep(pause).await;
    }
}

/// Asks once. A database that goes away later closes no door: each request finds out by itself, and sooner.
pub async fn look(app: &App) {
    let health = app.store.health().await.ok();
    if health.is_none() && app.readiness.obstacle().is_none() {
        return;
    }
    let obstacle = describe(health.as_ref());
    if app.readiness.set(obstacle.clone()) {
        tell(obstacle.as_deref());
    }
}

fn tell(obstacle: Option<&str>) {
    match obstacle {
        None => tracing::info!("the database's schema fits"),
        Some(obstacle) => tracing::warn!(obstacle, "not ready"),
    }
}
