//! The request's id, its one line in the log, and its numbers.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use tracing::Instrument as _;

use super::Inner;
use crate::app::App;
use crate::auth::CallerName;
use crate::error::Cause;

/// Taken from the client if it is sane, else made; in the answer and in every line of the log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The label for paths that are no route: a path in a label or a log line could hold anything.
const NO_ROUTE: &str = "none";

pub(super) async fn record(app: Arc<App>, request: Request, next: impl Inner) -> Response {
    let began = Instant::now();
    let id = sane_id(request.headers()).unwrap_or_else(|| app.ids.ordered().to_string());
    let method = known_method(request.method().as_str());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let in_flight = app.metrics.enter();
    let span = tracing::info_span!("request", request_id = %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    drop(in_flight);
    let took = began.elapsed();
    app.metrics.request(method, route, response.status().as_u16(), took);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| log(method, route, ms, &response));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Never the query, which could hold anything; never a header. The message of a 4xx may quote the request, so only its
/// type is shown.
fn log(method: &str, route: &str, ms: u64, response: &Response) {
    let status = response.status().as_u16();
    let principal = response.extensions().get::<CallerName>().map_or("-", |name| name.0.as_str());
    match response.extensions().get::<Cause>() {
        None => tracing::info!(method, route, status, ms, principal, "request"),
        Some(Cause { r#type, text: _ }) if status < 500 => {
            tracing::info!(method, route, status, ms, principal, error = r#type.name(), "request");
        }
        Some(cause) => log_failure(method, route, status, ms, principal, cause),
    }
}

fn log_failure(method: &str, route: &str, status: u16, ms: u64, principal: &str, cause: &Cause) {
    let Cause { r#type, text: cause } = cause;
    let error = r#type.name();
    if status == 503 {
        // Busy or away is not broken.
        tracing::warn!(method, route, status, ms, principal, error, cause, "request");
    } else {
        tracing::error!(method, route, status, ms, principal, error, cause, "request");
    }
}

fn sane_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let sane = (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
    sane.then(|| id.to_owned())
}

/// A client may invent methods: they must not become labels.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sane_id_is_taken_over() {
        let id = |text: &'static str| sane_id(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static(text))]));
        assert_eq!(id("abc-1.2:3/4"), Some("abc-1.2:3/4".to_owned()));
        for bad in ["", "a b", "a\"b", "{}"] {
            assert_eq!(id(bad), None, "{bad}");
        }
        assert_eq!(sane_id(&HeaderMap::new()), None);
    }
}
