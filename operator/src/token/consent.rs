//! Whether the Warehouses of a Token's grants admit its namespace (CONTRACT, section 2, tenancy). The server judges each
//! request by the same rule; here it decides what the status says, and that no first credential is issued that could not
//! be used.

use std::collections::BTreeSet;

use catalog_api::Grant;
use catalog_client::{Client, Error as ClientError};

use crate::Hold;

/// A Warehouse is missing, or does not admit the namespace. One reason for both, because a tenant must not learn what
/// others have.
const WAREHOUSE_NOT_FOUND: &str = "WarehouseNotFound";
/// A Warehouse of the Token's own namespace is not in the server yet.
const WAREHOUSE_NOT_READY: &str = "WarehouseNotReady";

/// Returns the warehouses of these grants that are missing or do not admit the namespace, sorted by name.
///
/// # Errors
/// Failed calls.
pub async fn unavailable(client: &Client, grants: &[Grant], namespace: &str) -> Result<Vec<String>, ClientError> {
    let names: BTreeSet<_> = grants.iter().map(|grant| grant.warehouse.as_str()).collect();
    let mut unavailable = Vec::new();
    for name in names {
        let found = client.get_warehouse(name).await?;
        if !found.is_some_and(|warehouse| warehouse.admits(namespace)) {
            unavailable.push(name.to_owned());
        }
    }
    Ok(unavailable)
}

/// Returns what the Token waits for, if any of its warehouses is unavailable. `own` are the names of the Warehouses in
/// its namespace and Catalog: while only those are missing they are pending, and need no action.
#[must_use]
pub fn hold(unavailable: &[String], own: &[String], namespace: &str) -> Option<Hold> {
    let foreign: Vec<_> = unavailable.iter().filter(|name| !own.contains(name)).map(String::as_str).collect();
    if !foreign.is_empty() {
        let message = format!(
            "the Catalog has no Warehouse {} that allows Tokens of the namespace {namespace}: correct the name, create \
             the Warehouse, or have its owner add this namespace to its allowedNamespaces",
            foreign.join(", ")
        );
        return Some(Hold::in_the_way(WAREHOUSE_NOT_FOUND, message));
    }
    let pending = (!unavailable.is_empty()).then(|| unavailable.join(", "));
    pending.map(|names| Hold::waiting(WAREHOUSE_NOT_READY, format!("the Warehouse {names} is not in the Catalog yet")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Until;

    #[test]
    fn only_a_pending_warehouse_of_the_own_namespace_is_waited_for() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(hold(&[], &names(&["lake"]), "team"), None);
        let pending = hold(&names(&["lake"]), &names(&["lake"]), "team").unwrap();
        assert_eq!((pending.until, pending.reason), (Until::Appears, WAREHOUSE_NOT_READY));
        let missing = hold(&names(&["lake", "sales"]), &names(&["lake"]), "team").unwrap();
        assert_eq!((missing.until, missing.reason), (Until::Cleared, WAREHOUSE_NOT_FOUND));
        assert!(missing.message.contains("sales") && !missing.message.contains("lake"), "{missing}");
    }
}
