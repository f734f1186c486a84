//! Kubeconfigs that hold all they need.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::keys::{Keys, Pair, write};
use crate::failure::{Attempt, Outcome};

/// Writes one: JSON is YAML, too.
pub(crate) fn save(path: &Path, server: &str, keys: &Keys, pair: &Pair) -> Outcome {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "pangolin",
            "cluster": {"server": server, "certificate-authority-data": STANDARD.encode(keys.authority())},
        }],
        "users": [{
            "name": "pangolin",
            "user": {
                "client-certificate-data": STANDARD.encode(&pair.certificate),
                "client-key-data": STANDARD.encode(&pair.key),
            },
        }],
        "contexts": [{"name": "pangolin", "context": {"cluster": "pangolin", "user": "pangolin"}}],
        "current-context": "pangolin",
    });
    write(path, &serde_json::to_string_pretty(&config).attempt("write a kubeconfig")?)
}
