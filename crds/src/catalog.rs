//! `Catalog`: a catalog service, its database, its deployment and who may refer to it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reference::{SecretKeyRef, SecretRef};
use crate::rules;
use crate::size::Size;

/// What a Catalog is to be.
#[derive(CustomResource, KubeSchema, Clone, Debug, Deserialize, PartialEq, Serialize)]
#[kube(
    group = "catalog.pangolin.dev",
    version = "v1alpha1",
    kind = "Catalog",
    namespaced,
    status = "CatalogStatus",
    derive = "PartialEq",
    shortname = "cat",
    category = "pangolin",
    doc = "Catalog is an Iceberg REST catalog service: a database, the server's deployment, and the rules of who may \
           put warehouses and tokens into it.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Replicas", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "URI", type_ = "string", json_path = ".status.uri"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        priority = 1,
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(
    validation = Rule::new("!has(self.database.sqlite) || self.replicas <= 1")
        .message("a Catalog on sqlite cannot have more than one replica")
        .field_path(".replicas")
)]
#[serde(rename_all = "camelCase")]
pub struct CatalogSpec {
    /// The database that holds the catalog. Exactly one of its fields is set. The kind of database never changes.
    #[x_kube(
        validation = ("has(self.postgres) != has(self.sqlite)", "exactly one of postgres and sqlite must be set"),
        validation = (
            "has(self.postgres) == has(oldSelf.postgres)",
            "the kind of database is immutable: make another Catalog"
        )
    )]
    pub database: Database,

    /// The container image of the catalog server. The operator's own version if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub image: Option<String>,

    /// How many pods serve the catalog. 0 stops the service and keeps its data. With sqlite at most 1.
    #[serde(default = "one_replica")]
    #[schemars(range(min = 0, max = 100))]
    pub replicas: i32,

    /// CPU and memory of each pod, as in any container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,

    /// How the Service in front of the pods is made.
    #[serde(default)]
    pub service: Service,

    /// The address at which clients reach the catalog, such as https://catalog.example.com, when that is not the
    /// Service's own. It has no path. It is what Tokens put into their Secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "rules::origin")]
    pub external_uri: Option<String>,

    /// TLS for the port of the clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,

    /// How much memory each pod gives to its caches.
    #[serde(default)]
    pub cache: Cache,

    /// How much the server logs: error, warn, info, debug or trace.
    #[serde(default)]
    pub log_level: LogLevel,

    /// The namespaces whose Warehouses and Tokens may refer to this Catalog. Its own namespace only, by default. Which
    /// Tokens may have grants on a Warehouse is for the Warehouse's allowedNamespaces to say.
    #[serde(default)]
    #[x_kube(validation = (
        "(self.from == 'Selector') == has(self.selector)",
        "selector must be set with from: Selector, and only then"
    ))]
    pub allowed_namespaces: AllowedNamespaces,

    /// What Warehouses of this Catalog may use as storage.
    #[serde(default)]
    pub storage: CatalogStorage,

    /// What becomes of the data in the database when the Catalog is deleted. Retain keeps all of it.
    #[serde(default)]
    pub reclaim_policy: CatalogReclaimPolicy,
}

fn one_replica() -> i32 {
    1
}

/// The database of a Catalog.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// A schema in a PostgreSQL database, version 15 or newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<Postgres>,

    /// A file beside the server. Only cargo dev offers it; in a cluster it is refused, since a pod's disk is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<Sqlite>,
}

/// Where the PostgreSQL database is.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Postgres {
    /// The Secret, in the Catalog's own namespace, with a URL like postgres://user:password@host:5432/database.
    /// Several hosts (host-a:5432,host-b:5432) are tried in order until one accepts writes. A direct connection, or pgbouncer in
    /// session mode with ignore_startup_parameters = options; transaction mode is refused.
    pub url_secret_ref: SecretKeyRef,

    /// A second URL whose user may create tables, for migrations alone. The first URL if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration_url_secret_ref: Option<SecretKeyRef>,

    /// The database schema that belongs to this Catalog alone. It never changes.
    #[serde(default = "default_schema")]
    #[schemars(length(max = 63))]
    #[x_kube(
        validation = (
            "self.matches('^[a-z_][a-z0-9_]*$') && !self.startsWith('pg_')",
            "must be a plain lower-case schema name that does not start with pg_"
        ),
        validation = ("self == oldSelf", "is immutable: make another Catalog")
    )]
    pub schema: String,
}

fn default_schema() -> String {
    "pangolin".into()
}

/// A SQLite database, which needs no settings: the file lies in the state directory of `cargo dev`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Sqlite {}

/// The Service in front of a Catalog's pods.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// ClusterIP, NodePort or LoadBalancer.
    #[serde(default, rename = "type")]
    pub type_: ServiceType,

    /// Annotations for the Service, as a cloud's load balancers want them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 64))]
    pub annotations: BTreeMap<String, String>,
}

/// The type of a Service, in Kubernetes' own words.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
pub enum ServiceType {
    #[default]
    ClusterIP,
    NodePort,
    LoadBalancer,
}

/// TLS at the server itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// A Secret of type kubernetes.io/tls in the Catalog's own namespace, with tls.crt and tls.key.
    pub secret_ref: SecretRef,
}

/// The caches of one server.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cache {
    /// Memory for table metadata, such as 256Mi. Bigger is faster where many large tables are read.
    #[serde(default = "default_metadata_size")]
    #[schemars(schema_with = "rules::size")]
    pub metadata_size: Size,
}

impl Default for Cache {
    fn default() -> Self {
        Self { metadata_size: default_metadata_size() }
    }
}

fn default_metadata_size() -> Size {
    Size::mebibytes(256)
}

/// How much a server logs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// A set of namespaces.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedNamespaces {
    /// Same is the resource's own namespace only, All is every namespace, Selector is those whose labels match selector,
    /// in addition to its own.
    #[serde(default)]
    pub from: NamespacesFrom,

    /// Which namespaces, by their labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// How namespaces are chosen.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
pub enum NamespacesFrom {
    #[default]
    Same,
    All,
    Selector,
}

/// Limits on the storage of a Catalog's Warehouses.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogStorage {
    /// The S3 endpoints that Warehouses may name, such as https://minio.storage.svc:9000. Empty means that Warehouses
    /// can use Amazon's own endpoints only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "rules::origins")]
    pub allowed_endpoints: Vec<String>,
}

/// What deletion of a Catalog does to its data.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
pub enum CatalogReclaimPolicy {
    #[default]
    Retain,
}

/// What the operator saw of a Catalog.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogStatus {
    /// The generation of the spec that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The address of the catalog for clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,

    /// The id of the key that seals the storage credentials in the database; not the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_key_id: Option<String>,

    /// The annotation take-over has done its work. It does nothing more until it is taken off and put on again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub took_over: bool,

    /// The performance indexes of the database: what each is for stands in migrations/postgres/indexes.sql.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub indexes: Vec<IndexStatus>,

    /// Ready, Reconciling, Stalled, and the steps behind them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// A performance index, as Postgres' own catalog shows it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexStatus {
    /// Its name in the Catalog's schema.
    pub name: String,

    /// Ready, Building, Missing or Invalid.
    pub state: IndexState,

    /// While it is built: what Postgres is doing, such as building index: scanning table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,

    /// While it is built: the percentage of that phase, in steps of five.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<i32>,

    /// What it takes on disk, in bytes. Written together with other news, or once an hour.
    #[serde(default)]
    pub size_bytes: i64,

    /// How often a query has used it. Written together with other news, or once an hour.
    #[serde(default)]
    pub scans: i64,
}

/// Whether an index serves. Invalid is one whose build was broken off, or another index under its name.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
pub enum IndexState {
    Ready,
    Building,
    Missing,
    Invalid,
}
