//! From settings to a client.

use std::time::Duration;

use catalog_api::BearerToken;
use http::HeaderValue;
use url::Url;

use crate::{Error, Result, Retries};

/// A connection to one catalog server with one token. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) authorization: HeaderValue,
    pub(crate) retries: Retries,
}

impl Client {
    /// Begins with the server's address (`http` or `https`, no path) and a token.
    pub fn builder(url: impl Into<String>, token: BearerToken) -> Builder {
        Builder {
            url: url.into(),
            token,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            retries: Retries::default(),
            roots: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

/// The settings of a [`Client`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    url: String,
    token: BearerToken,
    connect_timeout: Duration,
    timeout: Duration,
    retries: Retries,
    roots: Vec<Vec<u8>>,
}

impl Builder {
    /// How long a connection may take to be made. Default: 5 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long one try may take, answer included. Default: 30 s.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The schedule of repetitions.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// One or more root certificates (PEM), besides those of the platform.
    pub fn root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// # Errors
    /// [`Error::Address`] if the address is none; [`Error::Client`] if a certificate cannot be read.
    pub fn build(self) -> Result<Client> {
        let Self { url, token, connect_timeout, timeout, retries, roots } = self;
        let base = base(&url)?;
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("pangolin-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .timeout(timeout)
            // The token must not follow a redirect to another host.
            .redirect(reqwest::redirect::Policy::none());
        for pem in roots {
            let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(Error::Client)?;
            http = roots.into_iter().fold(http, reqwest::ClientBuilder::add_root_certificate);
        }
        Ok(Client { http: http.build().map_err(Error::Client)?, base, authorization: authorization(&token), retries })
    }
}

fn base(text: &str) -> Result<Url> {
    let wrong = |why| Err(Error::Address(without_userinfo(text), why));
    let Ok(url) = Url::parse(text) else { return wrong("it does not parse as a URL") };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return wrong("it must begin with http:// or https:// and name a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("it must hold no user and password");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return wrong("it must have no path and no query");
    }
    Ok(url)
}

/// What stands before an `@` may be a password.
fn without_userinfo(text: &str) -> String {
    text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_, rest)| format!("…@{rest}"))
}

fn authorization(token: &BearerToken) -> HeaderValue {
    let text = zeroize::Zeroizing::new(format!("Bearer {}", token.expose()));
    // A token has letters, digits and `_` only, so the header value is always valid; an empty one would be answered
    // with 401.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_nothing_more() {
        for good in ["http://localhost:8181", "https://catalog.example/", "http://[::1]:1"] {
            assert!(base(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost:8181", "ftp://x", "http://x/api", "http://x/?a=b", "http://x/#f"] {
            assert!(matches!(base(bad), Err(Error::Address(..))), "{bad}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        let error = base("http://me:hunter2@host").unwrap_err().to_string();
        assert!(error.contains("host") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn debug_shows_no_token() {
        let token = BearerToken::generate().unwrap();
        let secret = token.expose().to_owned();
        let builder = Client::builder("http://localhost", token);
        assert!(!format!("{builder:?}").contains(&secret));
        let client = builder.build().unwrap();
        assert!(!format!("{client:?} {:?}", client.authorization).contains(&secret));
    }
}
