//! The Catalog that a Warehouse or a Token refers to, read for both.

use std::collections::BTreeMap;

use crds::{Catalog, CatalogRef, NamespacesFrom};

use super::Seen;
use crate::context::Context;
use crate::error::Halt;
use crate::{Hold, cluster};

/// The Catalog that a resource in `namespace` refers to, or `None` if there is none. The labels of the namespace are
/// read only if the Catalog asks for them, since not every operator may read them.
///
/// # Errors
/// `CatalogOutOfSight` if this operator is not to look into the Catalog's namespace; failed calls.
pub async fn seen(context: &Context, reference: &CatalogRef, namespace: &str) -> Result<Option<Seen>, Halt> {
    let home = reference.namespace.as_deref().unwrap_or(namespace);
    if !context.settings.watches(home) {
        let message = format!("the operator does not watch the namespace {home} of the Catalog {}", reference.name);
        return Err(Hold::stalled("CatalogOutOfSight", message).into());
    }
    let Some(catalog) = cluster::read::<Catalog>(context, home, &reference.name).await? else { return Ok(None) };
    let asks = home != namespace && catalog.spec.allowed_namespaces.from == NamespacesFrom::Selector;
    let namespace_labels = if asks { cluster::namespace_labels(context, namespace).await? } else { BTreeMap::new() };
    Ok(Some(Seen { catalog, namespace_labels }))
}
