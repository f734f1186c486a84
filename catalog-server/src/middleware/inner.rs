//! What lies inside a layer.

use std::future::Future;

use axum::extract::Request;
use axum::response::Response;

/// The next layer, or the routes.
pub trait Inner: Send + 'static {
    /// Answers the request.
    fn run(self, request: Request) -> impl Future<Output = Response> + Send + 'static;
}

impl<F, Answer> Inner for F
where
    F: FnOnce(Request) -> Answer + Send + 'static,
    Answer: Future<Output = Response> + Send + 'static,
{
    fn run(self, request: Request) -> impl Future<Output = Response> + Send + 'static {
        self(request)
    }
}
