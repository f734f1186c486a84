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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn fails() -> &'static str {
        panic!("a fault of this handler")
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_500_and_without_its_text() {
        let router = Router::new().route("/", get(fails)).layer(from_fn(catch));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("InternalServerError") && !body.contains("fault"), "{body}");
    }
}
