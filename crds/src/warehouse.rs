//! `Warehouse`: a storage root in a Catalog.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::AllowedNamespaces;
use crate::duration::Duration;
use crate::reference::{CatalogRef, SecretRef};
use crate::rules;

/// What a Warehouse is to be.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, PartialEq, Serialize)]
#[kube(
    group = "catalog.pangolin.dev",
    version = "v1alpha1",
    kind = "Warehouse",
    namespaced,
    status = "WarehouseStatus",
    derive = "PartialEq",
    shortname = "wh",
    category = "pangolin",
    doc = "Warehouse is a storage root in a Catalog: the place under which the tables of its namespaces lie.",
    printcolumn(name = "Catalog", type_ = "string", json_path = ".spec.catalogRef.name"),
    printcolumn(name = "Location", type_ = "string", json_path = ".spec.location"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        priority = 1,
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = (
        "has(self.spec.name) || self.metadata.name.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",
        "metadata.name is no warehouse name (a-z, 0-9 and -, at most 63): shorten it or set spec.name"
    )
)]
#[x_kube(
    validation = Rule::new("!self.location.startsWith('s3://') || (has(self.storage) && has(self.storage.s3))")
        .message("storage.s3 is needed for an s3:// location")
        .field_path(".storage"),
    validation = Rule::new("self.location.startsWith('s3://') || !has(self.storage) || !has(self.storage.s3)")
        .message("storage.s3 does not go with a file:// location")
        .field_path(".storage"),
    validation = Rule::new(
        "has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)"
    )
    .message("name is immutable: clients know the Warehouse by it")
)]
#[serde(rename_all = "camelCase")]
pub struct WarehouseSpec {
    /// The Catalog that the Warehouse is in. It never changes.
    #[x_kube(validation = ("self == oldSelf", "is immutable: make another Warehouse"))]
    pub catalog_ref: CatalogRef,

    /// The name by which clients ask for the Warehouse, unique in its Catalog. metadata.name if unset. It never changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::warehouse_name")]
    pub name: Option<String>,

    /// The root of all tables: s3://bucket/prefix. Under cargo dev also file://./path, which is relative to the state
    /// directory, or file:///path. It never changes, and it must not overlap with another Warehouse.
    #[schemars(schema_with = "rules::location")]
    pub location: String,

    /// Further prefixes that tables may lie under when a client asks for a location of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "rules::locations")]
    pub allowed_locations: Vec<String>,

    /// The namespaces whose Tokens may have grants on this Warehouse. Its own namespace only, by default. Grants of other
    /// namespaces' Tokens do not count, and end when a namespace is no longer allowed.
    #[serde(default)]
    #[x_kube(validation = (
        "(self.from == 'Selector') == has(self.selector)",
        "selector must be set with from: Selector, and only then"
    ))]
    pub allowed_namespaces: AllowedNamespaces,

    /// How the server reaches the storage. A file:// location needs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<WarehouseStorage>,

    /// Properties that every new table gets unless its creator sets them, such as write.parquet.compression-codec.
    /// Nothing secret belongs here: every reader of a table sees them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "rules::properties")]
    pub default_properties: BTreeMap<String, String>,

    /// How much of the past of each branch stays, beside what branches and tags show. What is older can no longer be
    /// read or undropped, and is deleted. Unset: everything stays, unless the server's settings say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<WarehouseRetention>,

    /// What becomes of the tables when the Warehouse is deleted. Retain keeps rows and files, and the next Warehouse of
    /// this name and location takes them over.
    #[serde(default)]
    pub reclaim_policy: WarehouseReclaimPolicy,
}

/// Access to a Warehouse's storage.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WarehouseStorage {
    /// Amazon S3, or another store that speaks its protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3>,
}

/// How to reach a bucket.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct S3 {
    /// The address of the store, such as https://minio.storage.svc:9000. Amazon's if unset. The Catalog's
    /// storage.allowedEndpoints must list it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::origin")]
    pub endpoint: Option<String>,

    /// The region of the bucket.
    #[serde(default = "default_region")]
    #[schemars(length(min = 1, max = 63))]
    pub region: String,

    /// Puts the bucket into the path instead of the host name. MinIO and most other stores want true.
    #[serde(default)]
    pub path_style: bool,

    /// The keys of a user that may list, read, write and delete below the location.
    pub credentials: S3Credentials,
}

fn default_region() -> String {
    "us-east-1".into()
}

/// Where the keys for a bucket are.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Credentials {
    /// A Secret in the Warehouse's own namespace with access-key-id, secret-access-key and, if there is one,
    /// session-token. When it changes, the server gets the new keys.
    pub secret_ref: SecretRef,
}

/// How much of the past stays: whatever of both reaches further back.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[x_kube(validation = ("has(self.age) || has(self.commits)", "needs age, commits, or both"))]
#[serde(rename_all = "camelCase")]
pub struct WarehouseRetention {
    /// What was there so long ago or later, such as 168h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::age")]
    pub age: Option<Duration>,

    /// The states before so many of a branch's newest commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub commits: Option<i32>,
}

/// What deletion of a Warehouse does to its tables.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
pub enum WarehouseReclaimPolicy {
    #[default]
    Retain,
}

/// What the operator saw of a Warehouse.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WarehouseStatus {
    /// The generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The name by which clients ask for the Warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,

    /// The server's id of the Warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse_id: Option<String>,

    /// The annotation take-over has done its work. It does nothing more until it is taken off and put on again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub took_over: bool,

    /// Ready, Reconciling, Stalled, StorageReachable and Synced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
