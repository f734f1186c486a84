//! The three custom resources of `catalog.pangolin.dev/v1alpha1` as Rust types.
//!
//! A [`Catalog`] is a catalog service, a [`Warehouse`] a storage root in it, a [`Token`] an expiring credential for it.
//! Each kind is one file. Whatever can be refused before anything happens is a rule of the schema (CEL, section 3 of the
//! contract), so that `kubectl apply` says it at once; [`admission`] runs the same schema and the same rules without a
//! cluster. `crdgen` writes `crds/*.yaml` from these types.
//!
//! Why durations and sizes are strings of our own and not `format: duration` or quantities: the rules can then say in
//! their own words what is expected, and nothing that a user typed is ever rewritten.

pub mod admission;
#[expect(unreachable_pub, reason = "kube's derive copies each struct, `pub` and all, into a function")]
#[expect(clippy::duplicated_attributes, reason = "printer columns have types in common")]
mod catalog;
pub mod conditions;
mod definitions;
mod duration;
mod reference;
mod rules;
mod size;
#[expect(unreachable_pub, reason = "kube's derive copies each struct, `pub` and all, into a function")]
#[expect(clippy::duplicated_attributes, reason = "printer columns have types in common")]
mod token;
#[expect(unreachable_pub, reason = "kube's derive copies each struct, `pub` and all, into a function")]
mod warehouse;

pub use catalog::{
    AllowedNamespaces, Cache, Catalog, CatalogReclaimPolicy, CatalogSpec, CatalogStatus, CatalogStorage, Database,
    IndexState, IndexStatus, LogLevel, NamespacesFrom, Postgres, Service, ServiceType, Sqlite, Tls,
};
pub use definitions::{FOLDERS, definitions, to_yaml};
pub use duration::{Duration, NotADuration};
pub use reference::{CatalogRef, SecretKeyRef, SecretRef};
pub use size::{NotASize, Size};
pub use token::{Grant, Privilege, Token, TokenSpec, TokenStatus, TokenType};
pub use warehouse::{
    S3, S3Credentials, Warehouse, WarehouseReclaimPolicy, WarehouseRetention, WarehouseSpec, WarehouseStatus,
    WarehouseStorage,
};

/// The API group of the three kinds.
pub const GROUP: &str = "catalog.pangolin.dev";
/// The one version that is served and stored.
pub const VERSION: &str = "v1alpha1";
