//! Once the server was told to stop, each answer is the last one of its connection, so that the client comes back through
//! whatever spreads the connections, which by then sends it elsewhere.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;

use super::Inner;
use crate::app::App;

pub(super) async fn say_goodbye(app: Arc<App>, request: Request, next: impl Inner) -> Response {
    let mut response = next.run(request).await;
    if app.readiness.leaving().is_cancelled() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
