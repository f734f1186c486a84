//! Everything that a Warehouse refers to, as it is now.

use crds::{NamespacesFrom, Warehouse};
use kube::ResourceExt as _;

use super::{Dereferenced, overlap};
use crate::context::Context;
use crate::error::Halt;
use crate::{catalog, cluster};

/// Reads the Catalog, the Secret with the keys, the namespaces that a selector may choose from, and for a new Warehouse all
/// others.
///
/// # Errors
/// `CatalogOutOfSight`; failed calls. What is not there is `validate`'s business.
pub async fn dereference(context: &Context, warehouse: &Warehouse) -> Result<Dereferenced, Halt> {
    let namespace = warehouse.namespace().unwrap_or_default();
    let catalog = catalog::seen(context, &warehouse.spec.catalog_ref, &namespace).await?;
    let s3 = warehouse.spec.storage.as_ref().and_then(|storage| storage.s3.as_ref());
    let credentials = match s3 {
        Some(s3) => cluster::read_secret(context, &namespace, &s3.credentials.secret_ref.name).await?,
        None => None,
    };
    let namespaces = match warehouse.spec.allowed_namespaces.from {
        NamespacesFrom::Selector => cluster::watched_namespaces(context).await?,
        NamespacesFrom::Same | NamespacesFrom::All => Vec::new(),
    };
    let others = if overlap::is_served(warehouse) { Vec::new() } else { cluster::list(context).await? };
    Ok(Dereferenced { warehouse: warehouse.clone(), catalog, credentials, namespaces, others })
}
