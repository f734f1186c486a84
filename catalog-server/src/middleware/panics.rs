//! A panic in a handler is an answer, not a closed connection. The process's panic hook has logged it by then.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use crate::error::ApiError;

pub(super) async fn catch(request: Request, next: Next) -> Response {
    // Nothing that the handler held is used afterwards.
    let result = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    result.unwrap_or_else(|_| ApiError::internal("a handler panicked").into_response())
}
