//! The one error of all handlers: what the client is told, and what only the log is told.

use std::error::Error;
use std::fmt::Write as _;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog_api::{ErrorBody, ErrorType, RefExpr};
use catalog_store::{CommitError, NameError, StoreError};

use crate::storage::FileError;

/// An answer that is not a success. It becomes the Iceberg error body on every route.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Decides the HTTP status.
    pub r#type: ErrorType,
    /// For the client: what was attempted, and what to do.
    pub message: String,
    /// For the log: why. Never sent.
    pub source: Option<Box<dyn Error + Send + Sync>>,
    /// `Retry-After` in seconds. Set only where nothing was applied for sure, since clients repeat a POST then.
    pub retry_after: Option<u32>,
}

/// What the access log says about an answer that is not a success; an extension of the response.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The type of the error.
    pub r#type: ErrorType,
    /// The message and the chain of its sources.
    pub text: String,
}

impl ApiError {
    /// An error of any type.
    pub fn new(r#type: ErrorType, message: impl Into<String>) -> Self {
        Self { r#type, message: message.into(), source: None, retry_after: None }
    }

    /// Keeps the reason for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Tells the client that nothing was applied and when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 400: the request cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorType::BadRequestException, message)
    }

    /// 400: the request is understood, and what it asks for is not valid.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorType::ValidationException, message)
    }

    /// 401. Never says which part of the credential was wrong in a way that helps to guess it.
    pub fn not_authorized(message: impl Into<String>) -> Self {
        Self::new(ErrorType::NotAuthorizedException, message)
    }

    /// 403: the credential does not allow this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorType::ForbiddenException, message)
    }

    /// 404 for management resources and unknown routes.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorType::NotFoundException, message)
    }

    /// 404: no such warehouse, or none that this principal has a grant on.
    #[must_use]
    pub fn no_such_warehouse(name: &str) -> Self {
        Self::new(ErrorType::NoSuchWarehouseException, format!("Warehouse does not exist: {name}"))
    }

    /// 404: the warehouse has no such branch or tag, or no such commit, or was not there yet at that time.
    #[must_use]
    pub fn no_such_ref(warehouse: &str, reference: &RefExpr) -> Self {
        let text = format!("Ref does not exist: {reference} in warehouse {warehouse}");
        Self::new(ErrorType::NoSuchWarehouseException, text)
    }

    /// 404, in the words of the Java reference.
    pub fn no_such_namespace(namespace: impl std::fmt::Display) -> Self {
        Self::new(ErrorType::NoSuchNamespaceException, format!("Namespace does not exist: {namespace}"))
    }

    /// 404, in the words of the Java reference.
    pub fn no_such_table(table: impl std::fmt::Display) -> Self {
        Self::new(ErrorType::NoSuchTableException, format!("Table does not exist: {table}"))
    }

    /// 500: a fault of the server; the client is told nothing but that.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ErrorType::InternalServerError, "the server failed; its log says why").because(source)
    }

    /// 503: nothing was applied for sure, and trying again is safe.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorType::ServiceUnavailableException, message).retry_after(1)
    }

    /// 500: it may or may not have been applied; the client must not clean up.
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::new(ErrorType::CommitStateUnknownException, message)
    }

    /// The message and the reasons behind it, for the log.
    fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut next = self.source.as_deref().map(|e| e as &dyn Error);
        while let Some(error) = next {
            let _ = write!(text, ": {error}");
            next = error.source();
        }
        text
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let cause = Cause { r#type: self.r#type, text: self.chain() };
        let Self { r#type, message, source: _, retry_after } = self;
        let status = StatusCode::from_u16(r#type.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(ErrorBody::new(r#type, message))).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750, 3.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(cause);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::AlreadyExists(what) => {
                Self::new(ErrorType::AlreadyExistsException, format!("{what} exists already"))
            }
            StoreError::NotFound(what) => Self::not_found(format!("{what} does not exist")),
            StoreError::NotEmpty(what) => {
                Self::new(ErrorType::NamespaceNotEmptyException, format!("{what} is not empty"))
            }
            StoreError::Conflict(message) => Self::new(ErrorType::ConflictException, message),
            StoreError::BadCursor => Self::bad_request("the page token does not belong to this list"),
            StoreError::OutcomeUnknown(source) => {
                Self::outcome_unknown("the connection to the database was lost while it wrote").because(source)
            }
            StoreError::Unavailable(source) => Self::unavailable("the database is not available").because(source),
            StoreError::Backend(source) => Self::internal(source),
        }
    }
}

/// For whatever is not a conflict; a conflict is a matter of the route, which knows the words for it.
impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { key, found } => Self::new(
                ErrorType::CommitFailedException,
                format!("{key} was changed by another request at the same time"),
            )
            .because(format!("found {found:?}")),
            // Another replica was faster with the same request; asked again, it is answered from the state.
            CommitError::Repeated(_) => Self::unavailable("the same request was answered meanwhile: send it again"),
            CommitError::OutcomeUnknown(source) => {
                Self::outcome_unknown("the connection to the database was lost while it committed").because(source)
            }
            CommitError::Unavailable(source) => {
                Self::unavailable("the commit was not applied: the database is not available").because(source)
            }
            CommitError::Backend(source) => Self::internal(source),
        }
    }
}

impl From<NameError> for ApiError {
    fn from(error: NameError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        match error {
            FileError::NotFound { .. } => Self::not_found(message),
            FileError::NotAllowed { .. } => Self::validation(message),
            FileError::Denied { .. } | FileError::Unusable { .. } => {
                Self::new(ErrorType::ServiceUnavailableException, message).because(error)
            }
            // Whoever was there first: the next try takes another name.
            FileError::Unavailable { .. } | FileError::NoRoom { .. } | FileError::Exists { .. } => {
                Self::unavailable(message).because(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_reason_goes_to_the_log_and_not_to_the_client() {
        let response = ApiError::from(StoreError::Backend("secret detail".into())).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.extensions().get::<Cause>().unwrap().text.contains("secret detail"));
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"), "{body:?}");
    }

    #[test]
    fn only_what_was_surely_not_applied_says_when_to_try_again() {
        let retry = |e: ApiError| e.into_response().headers().contains_key(header::RETRY_AFTER);
        assert!(retry(CommitError::Unavailable("x".into()).into()));
        assert!(!retry(CommitError::OutcomeUnknown("x".into()).into()));
        assert!(!retry(CommitError::Backend("x".into()).into()));
    }

    #[test]
    fn an_unknown_outcome_is_500_with_the_type_that_stops_clean_up() {
        let error = ApiError::from(CommitError::OutcomeUnknown("x".into()));
        assert_eq!(error.r#type, ErrorType::CommitStateUnknownException);
        assert_eq!(error.r#type.code(), 500);
    }
}
