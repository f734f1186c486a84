//! How many requests are in work at the same time. One more is sent away at once: a queue would only hide it.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use catalog_api::ErrorType;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Inner;
use crate::error::ApiError;
use crate::held::hold;

/// The places for requests in work. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

/// A place, until it is dropped: an extension of the request, so that work which goes on after the answer keeps it, and
/// part of the answer, so that one which nobody reads keeps it, too.
#[derive(Clone, Debug)]
pub(super) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS))))
    }
}

pub(super) async fn admit(Places(places): Places, mut request: Request, next: impl Inner) -> Response {
    match places.try_acquire_owned() {
        Ok(permit) => {
            let place = Place { _permit: Arc::new(permit) };
            request.extensions_mut().insert(place.clone());
            hold(next.run(request).await, place)
        }
        Err(_) => ApiError::new(ErrorType::SlowDownException, "the server has too many requests in work")
            .retry_after(1)
            .into_response(),
    }
}
