//! A valid Catalog → the settings of its server.

use crds::LogLevel;

use crate::catalog::Validated;

/// What a server is started with, wherever it runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServerSettings {
    pub metadata_cache_bytes: u64,
    /// In the words of `tracing`.
    pub log_level: &'static str,
    /// S3 endpoints that warehouses may name.
    pub allowed_endpoints: Vec<String>,
    pub external_uri: Option<String>,
}

/// The settings of a Catalog's server.
#[must_use]
pub fn build(catalog: &Validated) -> ServerSettings {
    let Validated { uid: _, namespace: _, name: _, metadata_cache_bytes, log_level, allowed_endpoints, external_uri } =
        catalog;
    ServerSettings {
        metadata_cache_bytes: *metadata_cache_bytes,
        log_level: match log_level {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        },
        allowed_endpoints: allowed_endpoints.clone(),
        external_uri: external_uri.clone(),
    }
}
