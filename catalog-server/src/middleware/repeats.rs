//! `Idempotency-Key`: a request that comes again is answered as before. One that comes while the first is in work waits
//! for it. What succeeded is kept in the transaction of its change ([`crate::commit`]), what was refused for good, here.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use catalog_api::ErrorType;
use catalog_store::{Key, Mark, NamespacePath, Turn};
use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Inner;
use crate::app::App;
use crate::error::{ApiError, Cause};
use crate::extract;
use crate::reference::REF_HEADER;
use crate::repeatable::{Repeatable, is_final, refused_before};
use crate::session::Session;

/// The header's name.
const HEADER: &str = "idempotency-key";
/// Longer than `/v1/config` promises, for clocks that differ.
const LIFETIME: SignedDuration = SignedDuration::from_mins(35);

pub(super) async fn answer_once(app: Arc<App>, request: Request, next: impl Inner) -> Response {
    let Some(status) = status_of_success(&request) else { return next.run(request).await };
    match prepare(&app, request, status).await {
        Ok(Prepared::Plain(request)) => next.run(request).await,
        Ok(Prepared::Answered(response)) => response,
        Ok(Prepared::Marked(request, marked)) => {
            let response = next.run(request).await;
            if let Some(mark) = to_keep(&marked.repeatable, &response) {
                keep(&app, marked.warehouse_id, mark).await;
            }
            response
        }
        Err(error) => error.into_response(),
    }
}

/// What the request's route answers if all goes well; `None` for requests that need no care.
fn status_of_success(request: &Request) -> Option<u16> {
    let route = request.extensions().get::<MatchedPath>()?.as_str();
    let in_warehouse = route.starts_with("/v1/{prefix}/") || route.starts_with("/api/v1/warehouses/{warehouse}/");
    let method = matches!(*request.method(), Method::POST | Method::PATCH | Method::DELETE);
    if !request.headers().contains_key(HEADER) || !in_warehouse || !method || route.ends_with("/metrics") {
        return None;
    }
    if route.ends_with("/refs") {
        return Some(201);
    }
    let silent = request.method() == Method::DELETE || route.ends_with("/rename") || route.ends_with("/commit");
    Some(if silent { 204 } else { 200 })
}

enum Prepared {
    /// The route itself says what is wrong with it.
    Plain(Request),
    Answered(Response),
    Marked(Request, Box<Marked>),
}

struct Marked {
    repeatable: Repeatable,
    warehouse_id: i64,
    /// Whoever sends the same meanwhile waits.
    _turn: Turn<()>,
}

async fn prepare(app: &App, request: Request, status: u16) -> Result<Prepared, ApiError> {
    let (parts, body) = request.into_parts();
    let Ok(session) = Session::of(&parts) else {
        return Ok(Prepared::Plain(Request::from_parts(parts, body)));
    };
    let key = key(&parts.headers)?;
    let body = extract::read(&parts.headers, body, &app.settings.limits).await?;
    let warehouse_id = session.warehouse.row.id;
    let turn = app.repeats.wait(warehouse_id, &Key::relation(NamespacePath::root(), key.to_string())?).await?;
    let now = app.clock.now();
    let mark = Mark {
        principal: session.principal.name.clone(),
        key,
        fingerprint: fingerprint(&parts.method, parts.uri.to_string().as_bytes(), reference(&parts.headers), &body),
        status,
        detail: None,
        expires_at: now.saturating_add(LIFETIME).map_err(ApiError::internal)?,
    };
    let before = app.store.recall(warehouse_id, &mark.principal, key, now).await?;
    if let Some(before) = &before {
        if before.fingerprint != mark.fingerprint {
            return Err(other_request());
        }
        if let Some(refused) = refused_before(before) {
            return Err(refused);
        }
        if before.status == 204 {
            return Ok(Prepared::Answered(StatusCode::NO_CONTENT.into_response()));
        }
    }
    let repeatable = Repeatable::new(mark, before);
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(repeatable.clone());
    Ok(Prepared::Marked(request, Box::new(Marked { repeatable, warehouse_id, _turn: turn })))
}

/// 422: what the specification wants for two requests under one key.
fn other_request() -> ApiError {
    let text = "the Idempotency-Key was used for another request: take a new key for each";
    ApiError::new(ErrorType::UnprocessableEntityException, text)
}

fn key(headers: &HeaderMap) -> Result<Uuid, ApiError> {
    let text = headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = Uuid::try_parse(text).ok().filter(|key| text.len() == 36 && key.get_version_num() == 7);
    key.ok_or_else(|| ApiError::bad_request("the header Idempotency-Key must be a UUID of version 7 of 36 characters"))
}

/// The same request on another branch is another one.
fn reference(headers: &HeaderMap) -> &[u8] {
    headers.get(REF_HEADER).map_or(&[], HeaderValue::as_bytes)
}

/// The lengths keep one part from being taken for another's end.
fn fingerprint(method: &Method, uri: &[u8], reference: &[u8], body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), uri, reference, body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The mark of an answer that no change has carried; `None` if there is nothing to keep.
fn to_keep(repeatable: &Repeatable, response: &Response) -> Option<Mark> {
    let status = response.status();
    let binds = status.is_success() || is_final(status.as_u16());
    if repeatable.was_answered() || repeatable.is_settled() || !binds {
        return None;
    }
    let detail = response.extensions().get::<Cause>().map(|cause| cause.r#type.name().to_owned());
    Some(Mark { status: status.as_u16(), detail, ..repeatable.mark() })
}

/// That this fails is no reason not to answer.
async fn keep(app: &App, warehouse_id: i64, mark: Mark) {
    if let Err(error) = app.store.remember(warehouse_id, mark, app.clock.now()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "cannot keep the answer to an idempotent request");
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_uuid_of_version_7_in_its_usual_form_is_a_key() {
        let read =
            |text: &str| key(&HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_str(text).unwrap())]));
        assert!(read("01a20b0a-605d-745f-8041-fce9fd8568f0").is_ok());
        for bad in ["", "x", "01a20b0a605d745f8041fce9fd8568f0", "6f2d6f4e-5f0c-4a52-8d4f-2f6f0b1c9d3e"] {
            assert_eq!(read(bad).unwrap_err().r#type.code(), 400, "{bad}");
        }
    }

    #[test]
    fn requests_that_differ_anywhere_have_different_fingerprints() {
        let of =
            |method: Method, uri: &str, body: &'static str| fingerprint(&method, uri.as_bytes(), b"", &body.into());
        let all = [
            of(Method::POST, "/a", "b"),
            of(Method::DELETE, "/a", "b"),
            of(Method::POST, "/ab", ""),
            of(Method::POST, "/a?b", "b"),
            of(Method::POST, "/a", "bb"),
        ];
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
    }
}
