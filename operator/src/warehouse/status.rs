//! What was done, or why not → the status.

use crds::conditions::{STORAGE_REACHABLE, SYNCED, Statement, set};
use crds::{Warehouse, WarehouseStatus};
use jiff::Timestamp;
use kube::Resource as _;

use super::apply::{STORAGE_REFUSED, STORAGE_UNREACHABLE};
use super::{Applied, name};
use crate::error::Halt;
use crate::outcome::Verdict;
use crate::take_over;

/// The status after a reconcile. It is the old one if there is nothing to say.
#[must_use]
pub(super) fn status(
    warehouse: &Warehouse,
    ended: Result<&Applied, &Halt>,
    verdict: &Verdict<'_>,
    now: Timestamp,
) -> WarehouseStatus {
    let mut status = warehouse.status.clone().unwrap_or_default();
    if verdict.is_too_early(&status.conditions) {
        return status;
    }
    let generation = warehouse.meta().generation;
    status.observed_generation = generation;
    status.name = Some(name(warehouse));
    status.took_over = take_over::used(warehouse.meta(), status.took_over, ended.is_ok());
    if let Ok(Applied { name: _, warehouse_id, outcome: _ }) = ended {
        status.warehouse_id = Some(warehouse_id.clone());
    }
    verdict.write(&mut status.conditions, generation, now);
    for statement in statements(ended) {
        set(&mut status.conditions, &statement.borrowed(), generation, now);
    }
    status
}

/// The verdict on a reconcile.
#[must_use]
pub(super) fn verdict<'a>(ended: Result<&Applied, &'a Halt>, failures: u32) -> Verdict<'a> {
    match ended {
        Ok(_) => Verdict::Ready { reason: "Synced", message: "the Catalog serves it" },
        Err(halt) => Verdict::Halted { halt, failures },
    }
}

struct Said {
    type_: &'static str,
    status: bool,
    reason: &'static str,
    message: String,
}

impl Said {
    fn borrowed(&self) -> Statement<'_> {
        let Self { type_, status, reason, message } = self;
        Statement { type_, status: *status, reason, message }
    }
}

/// Of the storage only what was tried is known; the rest stays as it was.
fn statements(ended: Result<&Applied, &Halt>) -> Vec<Said> {
    let say = |type_, status, reason, message: String| Said { type_, status, reason, message };
    match ended {
        Ok(_) => vec![
            say(SYNCED, true, "Synced", "the server has this spec".into()),
            say(STORAGE_REACHABLE, true, "Probed", "the server wrote, read and deleted a file at the location".into()),
        ],
        Err(halt) => {
            let reason = halt.reason();
            let mut said = vec![say(SYNCED, false, reason, "the server does not have this spec".into())];
            if matches!(reason, STORAGE_REFUSED | STORAGE_UNREACHABLE) {
                said.push(say(STORAGE_REACHABLE, false, reason, halt.message()));
            }
            said
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Hold};
    use catalog_api::management::Outcome;
    use serde_json::json;

    fn warehouse(status: Option<WarehouseStatus>) -> Warehouse {
        let mut warehouse: Warehouse = serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": "Warehouse",
            "metadata": {"name": "lake", "namespace": "team", "uid": "u", "generation": 3},
            "spec": {"catalogRef": {"name": "main"}, "location": "s3://b/x"},
        }))
        .unwrap();
        warehouse.status = status;
        warehouse
    }

    fn after(before: Option<WarehouseStatus>, ended: Result<&Applied, &Halt>, failures: u32) -> WarehouseStatus {
        status(&warehouse(before), ended, &verdict(ended, failures), Timestamp::UNIX_EPOCH)
    }

    fn synced() -> WarehouseStatus {
        let applied = Applied { name: "lake".into(), warehouse_id: "7".into(), outcome: Outcome::Created };
        after(None, Ok(&applied), 0)
    }

    fn said(status: &WarehouseStatus, type_: &str) -> Option<String> {
        let found = status.conditions.iter().find(|condition| condition.type_ == type_)?;
        Some(format!("{} {}", found.status, found.reason))
    }

    #[test]
    fn what_the_server_has_is_ready_synced_and_reachable() {
        let status = synced();
        assert_eq!(said(&status, "Ready").as_deref(), Some("True Synced"));
        assert_eq!(said(&status, SYNCED).as_deref(), Some("True Synced"));
        assert_eq!(said(&status, STORAGE_REACHABLE).as_deref(), Some("True Probed"));
        assert_eq!((status.observed_generation, status.warehouse_id.as_deref()), (Some(3), Some("7")));
        assert!(status.conditions.iter().all(|condition| condition.observed_generation == Some(3)));
    }

    #[test]
    fn a_store_that_refuses_is_told_with_its_words_and_the_id_stays() {
        let halt = Halt::Hold(Hold::broken(STORAGE_REFUSED, "cannot use the location: NoSuchBucket: x"));
        let status = after(Some(synced()), Err(&halt), 0);
        assert_eq!(said(&status, "Ready").as_deref(), Some("False StorageRefused"));
        assert_eq!(said(&status, STORAGE_REACHABLE).as_deref(), Some("False StorageRefused"));
        let reachable = status.conditions.iter().find(|one| one.type_ == STORAGE_REACHABLE).unwrap();
        assert!(reachable.message.contains("NoSuchBucket"));
        assert_eq!(status.warehouse_id.as_deref(), Some("7"));
    }

    #[test]
    fn what_was_not_tried_is_not_told() {
        let halt = Halt::Hold(Hold::waiting("SecretNotFound", "x"));
        assert_eq!(said(&after(None, Err(&halt), 0), STORAGE_REACHABLE), None);
        let later = after(Some(synced()), Err(&halt), 0);
        assert_eq!(said(&later, STORAGE_REACHABLE).as_deref(), Some("True Probed"));
        assert_eq!(said(&later, SYNCED).as_deref(), Some("False SecretNotFound"));
    }

    #[test]
    fn one_failed_call_leaves_the_status_of_a_warehouse_that_works() {
        let halt = Halt::Error(Error::Timeout { attempted: "x".into(), limit: std::time::Duration::from_secs(1) });
        assert_eq!(after(Some(synced()), Err(&halt), 0), synced());
        assert_eq!(said(&after(Some(synced()), Err(&halt), 9), "Ready").as_deref(), Some("False Timeout"));
    }
}
