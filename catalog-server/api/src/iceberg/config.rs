//! `GET /v1/config` (`CatalogConfig`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The query.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ConfigQuery {
    /// `lake`, or `lake@EXPR` for another ref than `main`.
    pub warehouse: Option<String>,
}

/// What a client has to know before its first call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigResponse {
    /// Under the client's own settings.
    pub defaults: BTreeMap<String, String>,
    /// Above the client's own settings: `prefix`, `namespace-separator`.
    pub overrides: BTreeMap<String, String>,
    /// The routes that work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<String>,
    /// How long a request may come again under its `Idempotency-Key`, as an ISO 8601 duration; absent: never.
    #[serde(default, rename = "idempotency-key-lifetime", skip_serializing_if = "Option::is_none")]
    pub idempotency_key_lifetime: Option<String>,
}
