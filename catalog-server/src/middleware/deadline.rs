//! How long a request may take, and what happens to one that changes something when its time is over or its client goes
//! away: it goes on to its end, as a task of its own. A change is never torn in the middle.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::Inner;
use super::limit::Place;
use crate::app::App;
use crate::error::ApiError;

pub(super) async fn bound(app: Arc<App>, request: Request, next: impl Inner) -> Response {
    let limit = app.settings.limits.request_timeout;
    if is_safe(request.method()) {
        let answer = timeout(limit, next.run(request)).await;
        return answer.unwrap_or_else(|_| {
            ApiError::unavailable(format!("the answer took longer than {limit:?}")).into_response()
        });
    }
    let place = request.extensions().get::<Place>().cloned();
    let work = app.work.run(async move {
        let response = next.run(request).await;
        drop(place);
        Ok(response)
    });
    let unknown = || ApiError::outcome_unknown(format!("the request took longer than {limit:?}, and goes on"));
    timeout(limit, work).await.unwrap_or_else(|_| Err(unknown())).unwrap_or_else(IntoResponse::into_response)
}

/// RFC 9110, 9.2.1.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}
