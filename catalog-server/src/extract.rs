//! Bodies and queries. Whatever is wrong with them is answered with the Iceberg error body and the place of the fault.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use catalog_api::ErrorType;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::app::App;
use crate::error::ApiError;
use crate::settings::Limits;

/// A JSON body.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// A JSON body that holds a secret: an error names the field, and quotes nothing of it.
#[derive(Clone, Debug)]
pub struct SecretJson<T>(pub T);

/// The parameters of the route.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

/// The query of the address. A parameter that nobody knows is ignored, as HTTP has it.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        check_media_type(request.headers())?;
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, &app.settings.limits).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for SecretJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        check_media_type(request.headers())?;
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, &app.settings.limits).await?;
        let parsed = parse_at(&bytes);
        parsed.map(Self).map_err(|(path, _)| {
            ApiError::bad_request(format!(
                "cannot read the body at {path}: an unknown or missing field, or a wrong type"
            ))
        })
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, app).await;
        path.map(|p| Self(p.0)).map_err(|e| ApiError::bad_request(format!("cannot read the path: {}", e.body_text())))
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        check_utf8(parts.uri.query().unwrap_or_default())?;
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|q| Self(q.0)).map_err(|e| ApiError::bad_request(format!("cannot read the query: {}", e.body_text())))
    }
}

/// The parser would put other characters in the place of those that are none.
fn check_utf8(query: &str) -> Result<(), ApiError> {
    let decoded = percent_decode_str(query).decode_utf8();
    decoded.map(drop).map_err(|_| ApiError::bad_request("the query is not UTF-8 after percent-decoding"))
}

/// Clients that name no type are taken to send JSON.
fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(ApiError::new(ErrorType::UnsupportedMediaTypeException, "send the body with Content-Type: application/json"))
}

/// A limit on what comes says nothing about what a compressed body becomes.
fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    if codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let message = "send the body as it is, without Content-Encoding: compressed requests are not read";
    Err(ApiError::new(ErrorType::UnsupportedMediaTypeException, message))
}

/// Reads a whole body, as long as it may be.
///
/// # Errors
/// 415 for one that is compressed, 413, 408, or 400 for one that breaks off.
pub async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes, ApiError> {
    check_encoding(headers)?;
    let Limits { body_bytes: limit, request_timeout, response_timeout: _, concurrency: _ } = *limits;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    // Half of the whole, so that the answer is this one and not that the request took too long.
    let body = timeout(request_timeout / 2, to_bytes(body, limit)).await;
    let body = body.map_err(|_| ApiError::new(ErrorType::RequestTimeoutException, "the body took too long to come"))?;
    body.map_err(|error| {
        let error = error.into_inner();
        if error.is::<http_body_util::LengthLimitError>() {
            return too_large(limit);
        }
        ApiError::bad_request("the body ended before it was complete").because(error)
    })
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(ErrorType::PayloadTooLargeException, format!("a body must have at most {limit} bytes"))
}

/// Reads JSON. The error names the field.
///
/// # Errors
/// 400.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    parse_at(bytes).map_err(|(path, reason)| match path.as_str() {
        "." => ApiError::bad_request(format!("cannot read the body: {reason}")),
        path => ApiError::bad_request(format!("cannot read the body at {path}: {reason}")),
    })
}

/// The value, or the place of the fault and the reason.
fn parse_at<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, (String, serde_json::Error)> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|e| (e.path().to_string(), e.into_inner()))?;
    json.end().map_err(|e| (".".to_owned(), e))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        inner: Vec<Inner>,
        raw: Box<RawValue>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        number: u8,
    }

    #[test]
    fn an_error_names_the_field() {
        let error = parse::<Outer>(br#"{"inner": [{"number": 1}, {"number": "x"}], "raw": 1}"#).unwrap_err();
        assert!(error.message.contains("inner[1].number"), "{error}");
        assert_eq!(error.r#type, ErrorType::BadRequestException);
    }

    #[test]
    fn raw_values_are_kept_as_they_are() {
        let outer: Outer = parse(br#"{"inner": [{"number": 7}], "raw": {"b": 1.50, "a": null}}"#).unwrap();
        assert_eq!((outer.raw.get(), outer.inner[0].number), (r#"{"b": 1.50, "a": null}"#, 7));
    }

    #[test]
    fn what_follows_the_body_is_an_error() {
        assert!(parse::<u8>(b"1 2").is_err());
        assert!(parse::<u8>(b"").is_err());
    }
}
