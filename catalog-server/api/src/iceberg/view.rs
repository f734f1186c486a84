//! Views. Metadata, schemas, versions, requirements and updates are raw JSON: `iceberg-model` reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::null::null_as_default;

use super::TableIdentifier;

/// `CreateViewRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CreateViewRequest {
    /// The view's own name.
    pub name: String,
    /// Where its metadata is to lie; absent: the server chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The schema of its rows.
    pub schema: Box<RawValue>,
    /// What it says, in which dialects.
    pub view_version: Box<RawValue>,
    /// Properties to begin with.
    #[serde(default, deserialize_with = "null_as_default")]
    pub properties: BTreeMap<String, String>,
}

/// `CommitViewRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommitViewRequest {
    /// Must be the view of the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<TableIdentifier>,
    /// What must hold.
    #[serde(default, deserialize_with = "null_as_default")]
    pub requirements: Vec<Box<RawValue>>,
    /// What changes.
    pub updates: Vec<Box<RawValue>>,
}

/// `RegisterViewRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegisterViewRequest {
    /// The view's own name.
    pub name: String,
    /// The metadata file.
    pub metadata_location: String,
}
