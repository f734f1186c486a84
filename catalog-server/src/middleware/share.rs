//! How much of the server one caller may hold: of all requests in flight a quarter is for one principal, and half for all
//! principals of one namespace. Otherwise one token whose requests never end would keep the server from all others.
//!
//! A request counts until its answer is written, so that bodies that never end and answers that are never read count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use catalog_api::{ErrorType, tenancy};

use super::Inner;
use super::limit::Place;
use crate::auth::{Authenticated, Caller};
use crate::error::ApiError;

/// The requests in flight of each principal and each namespace. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    in_flight: Arc<Mutex<HashMap<String, usize>>>,
    principal: usize,
    namespace: usize,
}

/// One request that is counted, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: Shares,
    keys: [String; 2],
}

impl Shares {
    /// Of so many requests in flight.
    pub(super) fn new(concurrency: usize) -> Self {
        let (principal, namespace) = ((concurrency / 4).max(1), (concurrency / 2).max(1));
        Self { in_flight: Arc::default(), principal, namespace }
    }

    fn take(&self, principal: &str) -> Option<Share> {
        let namespace = tenancy::principal_namespace(principal).unwrap_or_default();
        let keys = [principal.to_owned(), format!("namespace:{namespace}")];
        let mut in_flight = self.lock();
        let count = |key: &String| in_flight.get(key).copied().unwrap_or_default();
        if count(&keys[0]) >= self.principal || count(&keys[1]) >= self.namespace {
            return None;
        }
        for key in &keys {
            *in_flight.entry(key.clone()).or_default() += 1;
        }
        drop(in_flight);
        Some(Share { shares: self.clone(), keys })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut in_flight = self.shares.lock();
        for key in &self.keys {
            if let Some(count) = in_flight.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    in_flight.remove(key);
                }
            }
        }
    }
}

/// The operator has no share: see [`super::limit`].
pub(super) async fn admit(shares: Shares, request: Request, next: impl Inner) -> Response {
    let authenticated = request.extensions().get::<Authenticated>();
    let Some(Caller::Principal(principal)) = authenticated.map(|found| &found.caller) else {
        return next.run(request).await;
    };
    match shares.take(&principal.name) {
        Some(share) => {
            if let Some(place) = request.extensions().get::<Place>() {
                place.keep(share);
            }
            next.run(request).await
        }
        None => {
            let message = "too many requests of this token or namespace are in flight";
            ApiError::new(ErrorType::SlowDownException, message).retry_after(1).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_principal_has_a_quarter_and_one_namespace_half() {
        let shares = Shares::new(16);
        let take = |principal: &str| -> Vec<Share> { (0..20).map_while(|_| shares.take(principal)).collect() };
        let (first, second) = (take("token:a/x"), take("token:a/y"));
        assert_eq!((first.len(), second.len()), (4, 4));
        assert!(shares.take("token:a/z").is_none(), "the namespace has its half");
        assert_eq!(take("token:b/x").len(), 4);
        drop(first);
        assert_eq!(take("token:a/z").len(), 4);
        drop(second);
        assert!(shares.lock().is_empty());
    }
}
