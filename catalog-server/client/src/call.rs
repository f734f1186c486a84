//! One call: send, repeat where that helps, read the answer.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{Client, Error, Result};

/// What makes a mutation repeatable: the server applies only one request of a key.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that may be sent more than once.
#[derive(Clone)]
pub(crate) struct Call {
    attempted: String,
    method: Method,
    url: Url,
    body: Option<bytes::Bytes>,
    key: Option<HeaderValue>,
}

impl Call {
    /// `attempted` is the phrase for errors: "cannot …". Parts of the path are encoded here.
    pub(crate) fn new(client: &Client, method: Method, path: &[&str], attempted: impl Into<String>) -> Self {
        let mut url = client.base.clone();
        // An address that passed the builder can be a base.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        Self { attempted: attempted.into(), method, url, body: None, key: None }
    }

    /// For mutations that are not repeatable by what they say: all tries of this call have one key.
    #[expect(clippy::disallowed_methods, reason = "the server takes this version alone, and nobody reads its time")]
    pub(crate) fn keyed(mut self) -> Self {
        self.key = HeaderValue::from_str(&uuid::Uuid::now_v7().to_string()).ok();
        self
    }

    /// Adds a parameter to the query.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Sets the body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(body).map_err(|source| self.garbled(source))?;
        self.body = Some(bytes.into());
        Ok(self)
    }

    pub(crate) fn attempted(&self) -> &str {
        &self.attempted
    }

    /// Sends, and reads the answer's JSON.
    pub(crate) async fn read<T: DeserializeOwned>(&self, client: &Client) -> Result<T> {
        let bytes = self.send(client).await?;
        serde_json::from_slice(&bytes).map_err(|source| self.garbled(source))
    }

    /// As [`Self::read`], and `None` for a 404 that speaks of the thing asked for.
    pub(crate) async fn read_optional<T: DeserializeOwned>(&self, client: &Client) -> Result<Option<T>> {
        match self.read(client).await {
            Ok(found) => Ok(Some(found)),
            // A 404 without an error body is a proxy's, and says nothing about the thing.
            Err(error @ Error::Refused { .. }) if error.is_not_found() && error.has_type() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends, and drops the answer's body.
    pub(crate) async fn send(&self, client: &Client) -> Result<bytes::Bytes> {
        let mut done = 0;
        loop {
            let error = match self.attempt(client).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            let Some(wait) = client.retries.wait(&error, done, random()) else { return Err(error) };
            tracing::debug!(attempted = %self.attempted, %error, ?wait, "trying again");
            tokio::time::sleep(wait).await;
            done += 1;
        }
    }

    async fn attempt(&self, client: &Client) -> Result<bytes::Bytes> {
        let mut request = client
            .http
            .request(self.method.clone(), self.url.clone())
            .header(AUTHORIZATION, client.authorization.clone());
        if let Some(key) = &self.key {
            request = request.header(IDEMPOTENCY_KEY, key.clone());
        }
        if let Some(body) = &self.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let answer = request.send().await.map_err(|source| self.unreachable(source))?;
        let status = answer.status();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(seconds);
        let body = answer.bytes().await.map_err(|source| self.unreachable(source))?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(Error::refused(&self.attempted, status.as_u16(), retry_after, &body))
        }
    }

    pub(crate) fn garbled(&self, source: serde_json::Error) -> Error {
        Error::Garbled { attempted: self.attempted.clone(), source }
    }

    fn unreachable(&self, source: reqwest::Error) -> Error {
        Error::Unreachable { attempted: self.attempted.clone(), source: source.without_url() }
    }
}

/// True if the thing was removed, false if it was not there.
pub(crate) fn gone(answer: Result<bytes::Bytes>) -> Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(error @ Error::Refused { .. }) if error.is_not_found() && error.has_type() => Ok(false),
        Err(error) => Err(error),
    }
}

/// `Retry-After` in seconds; our server sends no dates.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Between 0 and 1; without a random source the middle, for jitter is a courtesy.
fn random() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / f64::from(u32::MAX))
}
