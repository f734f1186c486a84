//! Namespaces.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::null::null_as_default;

/// The query of the list of namespaces.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListNamespacesQuery {
    /// Levels joined with the separator; absent or empty: the outermost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Absent: everything in one page. Empty: the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// Items at most, from 1. Kept as text, so that a bad number is answered with the Iceberg error body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<String>,
}

/// `ListNamespacesResponse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ListNamespacesResponse {
    /// Where the next page begins; null after the last.
    pub next_page_token: Option<String>,
    /// Each as its list of levels.
    pub namespaces: Vec<Vec<String>>,
}

/// `CreateNamespaceRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateNamespaceRequest {
    /// The levels.
    pub namespace: Vec<String>,
    /// Properties to begin with.
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: BTreeMap<String, String>,
}

/// `CreateNamespaceResponse` and `GetNamespaceResponse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceResponse {
    /// The levels.
    pub namespace: Vec<String>,
    /// All properties.
    pub properties: BTreeMap<String, String>,
}

/// `UpdateNamespacePropertiesRequest`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UpdatePropertiesRequest {
    /// Keys to take out.
    #[serde(default, deserialize_with = "null_as_default")]
    pub removals: Vec<String>,
    /// Keys to set.
    #[serde(default, deserialize_with = "null_as_default")]
    pub updates: BTreeMap<String, String>,
}

/// `UpdateNamespacePropertiesResponse`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePropertiesResponse {
    /// Keys that were set.
    pub updated: Vec<String>,
    /// Keys that were taken out.
    pub removed: Vec<String>,
    /// Keys of `removals` that were not there.
    pub missing: Vec<String>,
}
