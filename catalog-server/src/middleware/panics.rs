//! A panic in a handler is an answer, not a closed connection. The process's panic hook has logged it by then.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use super::Inner;
use crate::error::ApiError;

pub(super) async fn catch(request: Request, next: impl Inner) -> Response {
    // Nothing that the handler held is used afterwards.
    let result = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    result.unwrap_or_else(|_| ApiError::internal("a handler panicked").into_response())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_with_500_and_without_its_text() {
        let response = catch(Request::new(Body::empty()), async |_| panic!("a fault of this handler")).await;
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("InternalServerError") && !body.contains("fault"), "{body}");
    }
}
