//! References from one resource to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules;

/// The Catalog that a resource belongs to.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogRef {
    /// The Catalog's name.
    #[schemars(schema_with = "rules::subdomain")]
    pub name: String,

    /// The Catalog's namespace, if it is not the resource's own. That Catalog's allowedNamespaces must admit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::label")]
    pub namespace: Option<String>,
}

/// A Secret in the same namespace.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// The Secret's name.
    #[schemars(schema_with = "rules::subdomain")]
    pub name: String,
}

/// One value of a Secret in the same namespace.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// The Secret's name.
    #[schemars(schema_with = "rules::subdomain")]
    pub name: String,

    /// The key in the Secret's data.
    #[serde(default = "url_key")]
    #[schemars(schema_with = "rules::secret_key")]
    pub key: String,
}

fn url_key() -> String {
    "url".into()
}
