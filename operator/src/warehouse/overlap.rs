//! Whether a Warehouse would share its location with one of another Catalog. Servers of two Catalogs do not see each
//! other's warehouses, and each would delete the other's files; the operator sees both.
//!
//! Locations in one Catalog are compared by its server, and what this operator does not see is covered by the marker that
//! the server leaves in the root (`catalog-server`, `warehouses/marker.rs`).

use crds::Warehouse;
use crds::conditions::STALLED;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt as _;

use crate::Hold;
use crate::watch::Dependent as _;

/// Checks a Warehouse that has no warehouse on a server yet. One that has keeps its location.
///
/// # Errors
/// `LocationOverlaps`, which does not say whose location it is.
pub(super) fn check(warehouse: &Warehouse, others: &[Warehouse]) -> Result<(), Hold> {
    let conflicts = |other: &Warehouse| {
        other.catalog() != warehouse.catalog() && is_before(other, warehouse) && overlap(other, warehouse)
    };
    if is_served(warehouse) || !others.iter().any(conflicts) {
        return Ok(());
    }
    let message = format!(
        "the location {} overlaps with that of a Warehouse in another Catalog, which was there before: choose another",
        warehouse.spec.location
    );
    Err(Hold::stalled("LocationOverlaps", message))
}

/// True once a server has it.
pub(super) fn is_served(warehouse: &Warehouse) -> bool {
    warehouse.status.as_ref().is_some_and(|status| status.warehouse_id.is_some())
}

/// Which of two has the location: the one that is served, else the older one; never both. One that is stalled has none:
/// otherwise a resource that never works would keep the location from all others.
fn is_before(other: &Warehouse, warehouse: &Warehouse) -> bool {
    let age = |one: &Warehouse| (one.creation_timestamp().map(|Time(time)| time), one.uid());
    is_served(other) || !is_stalled(other) && age(other) < age(warehouse)
}

fn is_stalled(warehouse: &Warehouse) -> bool {
    let conditions = warehouse.status.iter().flat_map(|status| &status.conditions);
    conditions.into_iter().any(|condition| condition.type_ == STALLED && condition.status == "True")
}

fn overlap(one: &Warehouse, other: &Warehouse) -> bool {
    let path = |warehouse: &Warehouse| format!("{}/", warehouse.spec.location.trim_end_matches('/'));
    let (one_path, other_path) = (path(one), path(other));
    store(one) == store(other) && (one_path.starts_with(&other_path) || other_path.starts_with(&one_path))
}

/// The store that the bucket is in; `None` is Amazon's.
fn store(warehouse: &Warehouse) -> Option<String> {
    let endpoint = warehouse.spec.storage.as_ref()?.s3.as_ref()?.endpoint.as_ref()?;
    Some(endpoint.trim_end_matches('/').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::conditions::{Statement, set};
    use serde_json::{Value, json};

    fn warehouse(name: &str, catalog: &str, location: &str) -> Warehouse {
        let s3 = json!({"endpoint": "http://minio:9000", "credentials": {"secretRef": {"name": "keys"}}});
        serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": "Warehouse",
            "metadata": {"name": name, "namespace": "team", "uid": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"catalogRef": {"name": catalog}, "location": location, "storage": {"s3": s3}},
        }))
        .unwrap()
    }

    fn changed(warehouse: &Warehouse, path: &str, value: Value) -> Warehouse {
        let mut json = serde_json::to_value(warehouse).unwrap();
        *json.pointer_mut(path).unwrap() = value;
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn nested_locations_of_two_catalogs_conflict() {
        let first = warehouse("a", "main", "s3://bucket/lake");
        for location in ["s3://bucket/lake", "s3://bucket/lake/", "s3://bucket/lake/below", "s3://bucket"] {
            let hold = check(&warehouse("b", "second", location), std::slice::from_ref(&first)).unwrap_err();
            assert_eq!(hold.reason, "LocationOverlaps", "{location}");
            assert!(!hold.message.contains("main"), "{hold}");
        }
        for location in ["s3://bucket/lake2", "s3://other/lake", "s3://bucke"] {
            assert_eq!(check(&warehouse("b", "second", location), std::slice::from_ref(&first)), Ok(()), "{location}");
        }
        let elsewhere = changed(&first, "/spec/storage/s3/endpoint", json!("http://other:9000"));
        assert_eq!(check(&warehouse("b", "second", "s3://bucket/lake"), &[elsewhere]), Ok(()));
        assert_eq!(check(&warehouse("b", "main", "s3://bucket/lake"), &[first]), Ok(()), "that is for the server");
    }

    #[test]
    fn of_two_exactly_one_has_the_location() {
        let (a, b) = (warehouse("a", "main", "s3://bucket/x"), warehouse("b", "second", "s3://bucket/x"));
        let younger = changed(&a, "/metadata/creationTimestamp", json!("2026-01-02T00:00:00Z"));
        let mut served = younger.clone();
        served.status = Some(crds::WarehouseStatus { warehouse_id: Some("7".into()), ..Default::default() });
        for (first, second) in [(&a, &b), (&b, &younger), (&served, &b)] {
            let both = [first.clone(), second.clone()];
            assert_eq!(check(first, &both), Ok(()));
            assert!(check(second, &both).is_err());
        }
        let mut stalled = a.clone();
        let status = stalled.status.get_or_insert_default();
        let statement = Statement { type_: STALLED, status: true, reason: "Conflict", message: "" };
        set(&mut status.conditions, &statement, None, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(check(&b, &[stalled]), Ok(()), "a resource that never works keeps nothing");
    }
}
