//! The three routes of the platform's port.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::time::timeout;

use super::describe;
use crate::app::App;

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The routes; they ask for no credential and change nothing.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(app)
}

/// The process answers, whatever its database does: a restart would not help.
async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let leaving = app.readiness.leaving().is_cancelled().then(|| "the server is leaving".to_owned());
    let obstacle = match leaving.or_else(|| app.readiness.obstacle()) {
        Some(obstacle) => Some(obstacle),
        None => match timeout(PATIENCE, app.store.health()).await {
            Err(_) => Some(format!("the database did not answer within {PATIENCE:?}")),
            Ok(health) => describe(health.ok().as_ref()),
        },
    };
    match obstacle {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(obstacle) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {obstacle}\n")),
    }
}

async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    app.metrics.cache_bytes(app.metadata.settled_bytes().await);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.encode())
}

#[cfg(test)]
mod tests {
    use catalog_store::Health;

    use super::*;

    #[test]
    fn a_schema_that_does_not_fit_is_named_with_both_numbers() {
        assert_eq!(describe(Some(&Health::Ready)), None);
        let old = describe(Some(&Health::SchemaTooOld { found: 1, need: 2 })).unwrap();
        assert!(old.contains('1') && old.contains('2') && old.contains("run the migrations"), "{old}");
        assert!(describe(None).unwrap().contains("database"));
    }
}
