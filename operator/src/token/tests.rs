//! A Token as the API server gives it.

use crds::Token;
use serde_json::json;

use crate::cluster::Owner;

/// `team/analyst`, for the Catalog `main`, with three hours to live.
pub(super) fn token() -> Token {
    serde_json::from_value(json!({
        "apiVersion": "catalog.pangolin.dev/v1alpha1",
        "kind": "Token",
        "metadata": {"name": "analyst", "namespace": "team", "uid": "u", "generation": 1, "resourceVersion": "1"},
        "spec": {
            "catalogRef": {"name": "main"},
            "grants": [{"warehouse": "lake", "privileges": ["Read"]}],
            "ttl": "3h",
        },
    }))
    .unwrap()
}

pub(super) fn owner(token: &Token) -> Owner {
    Owner::of(token).unwrap()
}
