//! What the server knows of a warehouse beyond its row: the settings that the row carries as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog_api::tenancy;
use catalog_store::Warehouse;
use serde::{Deserialize, Serialize};

/// The column `profile`. Written by the PUT of the management API, read on each request. Never holds a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Further locations that tables may lie under, normalised, each with a trailing `/`.
    #[serde(default)]
    pub allowed_locations: Vec<String>,
    /// Further namespaces whose Tokens may have grants, or [`catalog_api::tenancy::ANY_NAMESPACE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_namespaces: Vec<String>,
    /// How `s3://` is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Profile>,
    /// Properties that every new table begins with.
    #[serde(default)]
    pub default_properties: BTreeMap<String, String>,
}

/// An S3 endpoint, without its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Profile {
    /// Absent: Amazon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Absent: [`S3Profile::DEFAULT_REGION`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The bucket in the path instead of the host name.
    #[serde(default)]
    pub path_style: bool,
}

impl S3Profile {
    /// Where a warehouse names no region.
    pub const DEFAULT_REGION: &str = "us-east-1";

    /// The region that requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        self.region.as_deref().unwrap_or(Self::DEFAULT_REGION)
    }
}

/// A warehouse's row with its profile read: what handlers hold.
#[derive(Clone, Debug, PartialEq)]
pub struct WarehouseContext {
    /// The row.
    pub row: Arc<Warehouse>,
    /// Its column `profile`.
    pub profile: Profile,
}

impl WarehouseContext {
    /// # Errors
    /// If the column does not hold what this server writes.
    pub fn new(row: impl Into<Arc<Warehouse>>) -> Result<Self, serde_json::Error> {
        let row = row.into();
        let profile = Profile::deserialize(&row.profile)?;
        Ok(Self { row, profile })
    }

    /// Returns whether grants of this principal count here: those of a Token in the warehouse's namespace or in one that
    /// it allows (CONTRACT, section 2, tenancy).
    #[must_use]
    pub fn admits(&self, principal: &str) -> bool {
        let Some(namespace) = tenancy::principal_namespace(principal) else { return false };
        tenancy::admits(&self.row.namespace, &self.profile.allowed_namespaces, namespace)
    }

    /// Whatever tables may lie under: the root first. Each has a trailing `/`.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.row.location.as_str()).chain(self.profile.allowed_locations.iter().map(String::as_str))
    }
}
