//! The settings of the servers, as `catalog-server/README.md` describes them. No secret is in them, only where the pod
//! finds its secrets.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

use super::labels::named;
use super::pod::{ADMIN_HASHES_FILE, DATABASE_URL_FILE, SEAL_KEY_FILE, TLS_CERTIFICATE_FILE, TLS_KEY_FILE};
use super::{CLIENT_PORT, PLATFORM_PORT, ServerSettings, memory};
use crate::catalog::Deployable;

/// The key in the ConfigMap, and the name of the file.
const SETTINGS: &str = "settings.yaml";

/// After SIGTERM a pod goes on serving while its address leaves the Services of all nodes, then ends what it began.
pub(super) const DRAIN_SECONDS: i64 = 5;
pub(super) const SHUTDOWN_GRACE_SECONDS: i64 = 20;

pub(super) fn config_map(catalog: &Deployable) -> ConfigMap {
    let data = BTreeMap::from([(SETTINGS.to_owned(), settings(catalog))]);
    ConfigMap { metadata: named(&catalog.owner.name), data: Some(data), ..ConfigMap::default() }
}

/// JSON is YAML, too.
pub(super) fn settings(catalog: &Deployable) -> String {
    // Where clients find the server is no business of the server's.
    let ServerSettings { metadata_cache_bytes, log_level, allowed_endpoints, external_uri: _ } = &catalog.server;
    let mut settings = json!({
        "listen": format!("0.0.0.0:{CLIENT_PORT}"),
        "platform_listen": format!("0.0.0.0:{PLATFORM_PORT}"),
        "database": {"postgres": {"url_file": DATABASE_URL_FILE, "schema": catalog.schema.as_str()}},
        "admin_hashes_file": ADMIN_HASHES_FILE,
        "seal_key_file": SEAL_KEY_FILE,
        "allowed_endpoints": allowed_endpoints,
        "metadata_cache_bytes": memory::cache(*metadata_cache_bytes, catalog.resources.as_ref()),
        "drain_delay": format!("{DRAIN_SECONDS}s"),
        "shutdown_grace": format!("{SHUTDOWN_GRACE_SECONDS}s"),
        "log": {"format": "json", "level": log_level},
    });
    if catalog.tls_secret.is_some() {
        settings["tls"] = json!({"cert_file": TLS_CERTIFICATE_FILE, "key_file": TLS_KEY_FILE});
    }
    // A value of strings and numbers can always be written.
    serde_json::to_string_pretty(&settings).unwrap_or_else(|_| Value::Null.to_string())
}
