//! Accepts connections and ends them properly.
//!
//! Why not `axum::serve`: it sets no time for the head of a request, so that clients who send theirs byte by byte, or
//! never, hold connections for ever.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::path;
use super::timed::Timed;
use crate::held::hold;

/// For the head of a request, the wait for it included: longer than clients keep idle connections (90 s is usual), so
/// that it is they who end them.
const HEAD: Duration = Duration::from_secs(120);
/// For a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The parts of a connection's `in_work` without any request: its own, and that of the service.
const IDLE: usize = 2;
/// After an error of accept, such as too many open files, which would come again at once.
const PAUSE: Duration = Duration::from_millis(100);

/// What a port offers.
#[derive(Clone)]
pub(super) struct Door {
    routes: Router,
    /// How long a client may take to read an answer.
    patience: Duration,
    /// `None` is plain HTTP.
    tls: Option<TlsAcceptor>,
}

impl Door {
    pub(super) fn new(routes: Router, patience: Duration, tls: Option<ServerConfig>) -> Self {
        Self { routes, patience, tls: tls.map(|config| Arc::new(config).into()) }
    }
}

/// Serves until `stop`; returns once every request that was begun is answered.
pub(super) async fn serve(listener: TcpListener, door: Door, stop: CancellationToken) {
    let connections = TaskTracker::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                // Small answers must not wait for a full packet; without it they are only slower.
                let _ = stream.set_nodelay(true);
                connections.spawn(receive(stream, door.clone(), stop.clone()));
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

/// A client that has not finished its handshake has asked for nothing: it is left at the end.
async fn receive(stream: TcpStream, door: Door, stop: CancellationToken) {
    let Door { routes, patience, tls } = door;
    let stream = Timed::new(stream, patience);
    let Some(tls) = tls else { return converse(stream, routes, stop).await };
    match stop.run_until_cancelled(timeout(HANDSHAKE, tls.accept(stream))).await {
        Some(Ok(Ok(stream))) => converse(stream, routes, stop).await,
        Some(Ok(Err(error))) => {
            // Plain HTTP, a client that does not trust the certificate, a scan.
            tracing::debug!(error = &error as &dyn std::error::Error, "a TLS handshake failed");
        }
        Some(Err(_)) | None => {}
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    routes: Router,
    stop: CancellationToken,
) {
    // Whoever else has a part of it is a request in work, or an answer that is not written yet.
    let in_work = Arc::new(());
    let service = answering(routes, Arc::clone(&in_work));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = match stop.run_until_cancelled(connection.as_mut()).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            // A request that has come already is begun; half a head is not, and could be waited for in vain.
            match futures::poll!(connection.as_mut()) {
                Poll::Pending if Arc::strong_count(&in_work) == IDLE => return,
                Poll::Pending => connection.await,
                Poll::Ready(ended) => ended,
            }
        }
    };
    if let Err(error) = ended {
        // Clients go away, or send what is no HTTP: nothing that the server could mend.
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended early");
    }
}

/// The routes; requests and their answers hold a part of `in_work` while they last.
fn answering(
    routes: Router,
    in_work: Arc<()>,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> {
    let routes = TowerToHyperService::new(routes);
    service_fn(move |mut request: Request<Incoming>| {
        if let Some(uri) = path::canonical(request.uri()) {
            *request.uri_mut() = uri;
        }
        let part = Arc::clone(&in_work);
        let answer = routes.call(request);
        async move { answer.await.map(|response| hold(response, part)) }
    })
}
