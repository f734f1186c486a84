//! Accepts connections and ends them properly.
//!
//! Why not `axum::serve`: it sets no time for the head of a request, so that clients who send theirs byte by byte, or
//! never, hold connections for ever.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::timed::Timed;

/// For the head of a request, the wait for it included: longer than clients keep idle connections (90 s is usual), so
/// that it is they who end them.
const HEAD: Duration = Duration::from_secs(120);
/// After an error of accept, such as too many open files, which would come again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`; returns once every request that was begun is answered. `patience` is how long a client may take to
/// read an answer.
pub(super) async fn serve(listener: TcpListener, routes: Router, patience: Duration, stop: CancellationToken) {
    let connections = TaskTracker::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                // Small answers must not wait for a full packet; without it they are only slower.
                let _ = stream.set_nodelay(true);
                connections.spawn(converse(Timed::new(stream, patience), routes.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn converse(stream: Timed, routes: Router, stop: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut connection = std::pin::pin!(connection);
    let ended = match stop.run_until_cancelled(connection.as_mut()).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients go away, or send what is no HTTP: nothing that the server could mend.
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended early");
    }
}
