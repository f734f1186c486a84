//! The platform's port: `/livez`, `/readyz`, `/metrics`. No credentials, and nothing that changes anything.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch::Receiver;

use crate::metrics::Metrics;

/// How far the process is. Written by `run`, read by `/readyz`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Another process leads, or nobody yet: ready to take over.
    StandingBy,
    /// It leads, and its caches fill.
    Syncing,
    /// It leads.
    Working,
    /// It ends.
    Stopping,
}

#[derive(Clone)]
struct Platform {
    stage: Receiver<Stage>,
    metrics: Metrics,
}

/// Answers until the process ends.
///
/// # Errors
/// If the listener fails.
pub async fn serve(listener: TcpListener, stage: Receiver<Stage>, metrics: Metrics) -> std::io::Result<()> {
    axum::serve(listener, routes(stage, metrics)).await
}

fn routes(stage: Receiver<Stage>, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(show))
        .with_state(Platform { stage, metrics })
}

/// A task that ends ends the process, so whoever answers has all of them.
async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(Platform { stage, metrics: _ }): State<Platform>) -> (StatusCode, &'static str) {
    let stage = *stage.borrow();
    match stage {
        Stage::StandingBy => (StatusCode::OK, "standing by\n"),
        Stage::Working => (StatusCode::OK, "ready\n"),
        Stage::Syncing => (StatusCode::SERVICE_UNAVAILABLE, "not ready: the resources are being listed\n"),
        Stage::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "not ready: it ends\n"),
    }
}

async fn show(State(Platform { stage: _, metrics }): State<Platform>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_stands_by_is_ready_and_one_that_lists_is_not() {
        let (sender, receiver) = tokio::sync::watch::channel(Stage::StandingBy);
        let platform = Platform { stage: receiver, metrics: Metrics::default() };
        for (stage, code) in
            [(Stage::StandingBy, 200), (Stage::Syncing, 503), (Stage::Working, 200), (Stage::Stopping, 503)]
        {
            sender.send_replace(stage);
            assert_eq!(readyz(State(platform.clone())).await.0.as_u16(), code, "{stage:?}");
        }
    }
}
