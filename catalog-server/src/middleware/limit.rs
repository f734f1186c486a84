//! How many requests are in flight. One more is refused immediately: a queue would only hide it. The operator's requests
//! have a reserve, because it has to manage the server when others overload it.

use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use catalog_api::ErrorType;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Inner;
use super::share::Share;
use crate::app::App;
use crate::auth;
use crate::error::ApiError;
use crate::held::hold;

/// The places for requests in work. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    operator: Arc<Semaphore>,
}

/// The operator's requests in flight, in addition to all others.
const RESERVE: usize = 16;

/// A place, until it is dropped: an extension of the request, so that work which goes on after the answer keeps it, and
/// part of the answer, so that one which nobody reads keeps it, too.
#[derive(Clone, Debug)]
pub(super) struct Place(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    _permit: OwnedSemaphorePermit,
    /// The caller's share of the places, once the caller is known.
    share: OnceLock<Share>,
}

impl Place {
    /// Keeps the share as long as the place.
    pub(super) fn keep(&self, share: Share) {
        // It is set once in each request.
        let _ = self.0.share.set(share);
    }
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        let all = Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS));
        Self { all: Arc::new(all), operator: Arc::new(Semaphore::new(RESERVE)) }
    }

    fn take(self, app: &App, headers: &HeaderMap) -> Option<OwnedSemaphorePermit> {
        let Self { all, operator } = self;
        let taken = all.try_acquire_owned().ok();
        taken.or_else(|| auth::is_admin(app, headers).then(|| operator.try_acquire_owned().ok()).flatten())
    }
}

pub(super) async fn admit(app: Arc<App>, places: Places, mut request: Request, next: impl Inner) -> Response {
    match places.take(&app, request.headers()) {
        Some(permit) => {
            let place = Place(Arc::new(Taken { _permit: permit, share: OnceLock::new() }));
            request.extensions_mut().insert(place.clone());
            hold(next.run(request).await, place)
        }
        None => ApiError::new(ErrorType::SlowDownException, "the server has too many requests in work")
            .retry_after(1)
            .into_response(),
    }
}
