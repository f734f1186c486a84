//! What a server can do: `/v1/config`, compared with the list of routes that this SDK was built with.

use std::collections::HashSet;

use catalog_api::iceberg::ConfigResponse;
use catalog_api::{ENDPOINTS, Endpoint};
use http::Method;

use crate::call::Call;
use crate::{Client, Error, Result};

/// The Iceberg routes that a server advertises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    routes: HashSet<String>,
}

impl Capabilities {
    /// Reads the answer of `/v1/config`.
    #[must_use]
    pub fn new(config: &ConfigResponse) -> Self {
        Self { routes: config.endpoints.iter().cloned().collect() }
    }

    /// True if the server advertises this route, such as `POST`, `/v1/{prefix}/tables/rename`.
    #[must_use]
    pub fn supports(&self, method: &str, path: &str) -> bool {
        self.routes.contains(&format!("{method} {path}"))
    }

    /// As [`Self::supports`], for use with `?`.
    ///
    /// # Errors
    /// [`Error::Unsupported`].
    pub fn require(&self, method: &str, path: &str) -> Result<()> {
        if self.supports(method, path) { Ok(()) } else { Err(Error::Unsupported(format!("{method} {path}"))) }
    }

    /// The Iceberg routes that this SDK knows and the server does not advertise: it is older.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static Endpoint> {
        ENDPOINTS.iter().filter(|e| e.is_iceberg() && !self.routes.contains(&e.advertised())).collect()
    }
}

impl Client {
    /// `GET /v1/config`: what a client has to know before its first Iceberg call.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// let prefix = client.config("lake@feature").await?.overrides.remove("prefix");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 404 `NoSuchWarehouseException` if there is none of that name, or none that the token has a grant on.
    pub async fn config(&self, warehouse: &str) -> Result<ConfigResponse> {
        let call = Call::new(self, Method::GET, &["v1", "config"], format!("get the config of warehouse {warehouse}"));
        call.query("warehouse", warehouse).read(self).await
    }

    /// What the server can do for this warehouse.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// client.capabilities("lake").await?.require("POST", "/v1/{prefix}/transactions/commit")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::config`].
    pub async fn capabilities(&self, warehouse: &str) -> Result<Capabilities> {
        self.config(warehouse).await.map(|config| Capabilities::new(&config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_server_is_recognised_by_what_it_does_not_advertise() {
        let all: Vec<_> = ENDPOINTS.iter().filter(|e| e.is_iceberg()).map(Endpoint::advertised).collect();
        let older = ConfigResponse { endpoints: all[1..].to_vec(), ..ConfigResponse::default() };
        let found = Capabilities::new(&older);
        assert_eq!(found.missing().iter().map(|e| e.advertised()).collect::<Vec<_>>(), [all[0].clone()]);
        let (method, path) = all[0].split_once(' ').unwrap();
        assert!(matches!(found.require(method, path), Err(Error::Unsupported(_))));
        let (method, path) = all[1].split_once(' ').unwrap();
        assert!(found.require(method, path).is_ok());
    }
}
