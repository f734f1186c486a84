//! The end of a Warehouse: the server lets it go and keeps what it holds; then the finalizer comes off.

use crds::{Catalog, Warehouse};
use kube::ResourceExt as _;

use super::{name, overlap};
use crate::cluster::{self, Notice};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::kind::Next;
use crate::{catalog, server};

/// Lets go, whatever is left of the Catalog.
///
/// # Errors
/// Failed calls: as long as there is a server that may have the warehouse, it has to be told.
pub async fn let_go(context: &Context, warehouse: &Warehouse) -> Result<Next, Halt> {
    if !cluster::has_finalizer(warehouse) {
        return Ok(Next::Never);
    }
    let namespace = warehouse.namespace().unwrap_or_default();
    match catalog::seen(context, &warehouse.spec.catalog_ref, &namespace).await {
        Ok(Some(seen)) => {
            if let Err(halt) = detach(context, warehouse, &seen.catalog).await {
                if !catalog::is_past_farewell(context, &seen.catalog).await? {
                    return Err(halt);
                }
                let message = "its Catalog ends, and its servers with it; what the database holds stays";
                cluster::event(context, warehouse, Notice::normal("CatalogGone", message)).await;
            }
        }
        Ok(None) => {
            let message = "its Catalog is gone; what the database holds stays";
            cluster::event(context, warehouse, Notice::normal("CatalogGone", message)).await;
        }
        // A Catalog that was never this operator's business never got the warehouse from it.
        Err(Halt::Hold(_)) if !overlap::is_served(warehouse) => {}
        Err(halt) => return Err(halt),
    }
    hit("warehouse.finalizer");
    cluster::remove_finalizer(context, warehouse).await?;
    Ok(Next::Never)
}

async fn detach(context: &Context, warehouse: &Warehouse, catalog: &Catalog) -> Result<(), Halt> {
    let client = match server::client(context, catalog).await {
        // No server was ever there that could have it.
        Err(Halt::Hold(_)) if !overlap::is_served(warehouse) => return Ok(()),
        client => client?,
    };
    let name = name(warehouse);
    hit("warehouse.detach");
    let detached = client.detach_warehouse(&name, &warehouse.uid().unwrap_or_default()).await;
    let detached = detached.map_err(|error| server::halt(catalog, error))?;
    tracing::info!(name, detached, "let go");
    Ok(())
}
