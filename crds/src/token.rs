//! `Token`: an expiring credential with grants on warehouses.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::Duration;
use crate::reference::CatalogRef;
use crate::rules;

/// What a Token is to be.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, PartialEq, Serialize)]
#[kube(
    group = "catalog.pangolin.dev",
    version = "v1alpha1",
    kind = "Token",
    namespaced,
    status = "TokenStatus",
    derive = "PartialEq",
    shortname = "tok",
    category = "pangolin",
    doc = "Token is an expiring credential for a Catalog. The operator keeps a Secret that engines read as it is, and \
           replaces the credential in it before it expires.",
    printcolumn(name = "Catalog", type_ = "string", json_path = ".spec.catalogRef.name"),
    printcolumn(name = "Secret", type_ = "string", json_path = ".status.secretName"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".status.expiresAt"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Renews", type_ = "string", priority = 1, json_path = ".status.renewalTime"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        priority = 1,
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(
    validation = Rule::new(rules::SPARE_BEFORE_RENEWAL)
        .message("must be at least 5m shorter than ttl")
        .field_path(".renewBefore"),
    validation = Rule::new(rules::OVERLAP_WITHIN_TTL)
        .message("must not be longer than ttl")
        .field_path(".overlap")
)]
#[serde(rename_all = "camelCase")]
pub struct TokenSpec {
    /// The Catalog that the Token is for. It never changes.
    #[x_kube(validation = ("self == oldSelf", "is immutable: make another Token"))]
    pub catalog_ref: CatalogRef,

    /// What the Token may do. The first warehouse is the first entry of the client's configuration.
    #[schemars(length(min = 1, max = 32))]
    pub grants: Vec<Grant>,

    /// How long a credential is good for: a duration in hours, minutes and seconds, from 10m to 8760h.
    #[serde(default = "default_ttl")]
    #[schemars(schema_with = "rules::ttl")]
    pub ttl: Duration,

    /// How long before its end a credential is replaced. A third of ttl if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::duration")]
    pub renew_before: Option<Duration>,

    /// How long a replaced credential stays good, so that readers of the Secret have time to take the new one. 1h if
    /// unset. It never prolongs a credential beyond its own end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::duration")]
    pub overlap: Option<Duration>,

    /// The name of the Secret. metadata.name if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::subdomain")]
    pub secret_name: Option<String>,

    /// The kind of credential. Bearer is a token that is sent with every request.
    #[serde(default, rename = "type")]
    pub type_: TokenType,
}

fn default_ttl() -> Duration {
    Duration::hours(720)
}

/// Privileges on a warehouse, or on some namespaces of it.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// The warehouse, by the name that clients use (spec.name of the Warehouse, else its metadata.name).
    #[schemars(schema_with = "rules::warehouse_name")]
    pub warehouse: String,

    /// Namespaces as dotted paths, such as sales or sales.eu; each covers everything below it. All if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "rules::namespaces")]
    pub namespaces: Vec<String>,

    /// Read: load and list. Write: change namespaces, tables and views. Manage: branches, undrop, retention.
    #[schemars(length(min = 1, max = 3))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub privileges: Vec<Privilege>,
}

/// What a grant allows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Privilege {
    /// Load and list.
    Read,
    /// Change namespaces, tables and views; commit on refs that are not protected.
    Write,
    /// Refs (create, merge into, protect, delete), undrop, retention.
    Manage,
}

/// The kind of credential.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum TokenType {
    #[default]
    Bearer,
}

/// What the operator saw of a Token, and what it issued.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenStatus {
    /// The generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The Secret that holds the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,

    /// The number of the credential in the Secret: 1 is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,

    /// When the credential in the Secret ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,

    /// When the credential in the Secret will be replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_time: Option<Time>,

    /// Ready, Reconciling, Stalled and Issuing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}
