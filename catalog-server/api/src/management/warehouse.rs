//! Warehouses.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::null_as_default;
use crate::openapi::formats;
use crate::tenancy;

/// `PUT /api/v1/warehouses/{warehouse}`. Idempotent by owner and revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutWarehouse {
    /// The uid of the resource.
    pub owner_uid: String,
    /// The Kubernetes namespace of the resource. Grants of its Tokens count here.
    pub namespace: String,
    /// A hash over the resource's spec and the Secret it refers to: the same again changes nothing.
    pub revision: String,
    /// The root: `s3://bucket/prefix` or `file:///directory`. Immutable.
    pub location: String,
    /// Further locations that tables may lie under.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_locations: Vec<String>,
    /// Further namespaces whose Tokens may have grants here; `*` is every one. The grants of others do not count.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_namespaces: Vec<String>,
    /// How the root is reached.
    #[serde(default, deserialize_with = "null_as_default")]
    pub storage: Storage,
    /// Properties that every new table begins with.
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_properties: BTreeMap<String, String>,
    /// How much of its past it keeps. Absent: what the server's settings say, which by default is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Take the warehouse from a live other owner, which must be of the same namespace.
    #[serde(default, deserialize_with = "null_as_default")]
    pub take_over: bool,
    /// Try the storage even if nothing is new.
    #[serde(default, deserialize_with = "null_as_default")]
    pub probe: bool,
}

/// How much of the past of each branch stays, beside what branches and tags show: whatever of both reaches further back.
/// At least one of them is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// What was there so many seconds ago or later.
    #[serde(default, deserialize_with = "null_as_default")]
    pub age_seconds: u64,
    /// The states before so many of a branch's newest commits.
    #[serde(default, deserialize_with = "null_as_default")]
    pub commits: u32,
}

/// How a warehouse's root is reached; nothing for `file://`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// For `s3://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Storage>,
}

/// An S3 endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Storage {
    /// Absent: Amazon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Default `us-east-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The bucket in the path instead of the host name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub path_style: bool,
    /// Goes in, never comes out.
    #[schemars(extend("writeOnly" = true))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<S3Credentials>,
}

/// Static keys. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3Credentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// Of temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Credentials(…)")
    }
}

/// A warehouse as the server has it, without credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarehouseInfo {
    /// The server's id.
    #[schemars(with = "formats::Uuid")]
    pub uid: uuid::Uuid,
    /// Its name.
    pub name: String,
    /// Its root, normalised.
    pub location: String,
    /// Further locations that tables may lie under, normalised.
    pub allowed_locations: Vec<String>,
    /// The Kubernetes namespace of the resource that owns it, or owned it last; empty if an older operator put it.
    pub namespace: String,
    /// Further namespaces whose Tokens may have grants here; `*` is every one.
    #[serde(default)]
    pub allowed_namespaces: Vec<String>,
    /// How the root is reached; never with credentials.
    pub storage: Storage,
    /// Properties that every new table begins with.
    pub default_properties: BTreeMap<String, String>,
    /// How much of its past it keeps. Absent: what the server's settings say, which by default is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// The uid of the resource; absent once it was let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_uid: Option<String>,
    /// The revision of the PUT that was applied last.
    pub revision: String,
    /// When it was made.
    #[schemars(with = "formats::DateTime")]
    pub created_at: jiff::Timestamp,
}

impl WarehouseInfo {
    /// Returns whether grants of Tokens of this namespace count here.
    #[must_use]
    pub fn admits(&self, namespace: &str) -> bool {
        tenancy::admits(&self.namespace, &self.allowed_namespaces, namespace)
    }
}

/// The answer to a PUT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PutWarehouseResponse {
    /// What the PUT did.
    pub outcome: super::Outcome,
    /// The warehouse now.
    pub warehouse: WarehouseInfo,
}

/// The query of `DELETE /api/v1/warehouses/{warehouse}`, which lets the warehouse go and keeps what it holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DetachQuery {
    /// The uid of the resource; another owner's warehouse is not touched.
    pub owner_uid: String,
}
