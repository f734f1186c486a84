//! What was done, or why not → the status.

use crds::conditions::{CONFIG_SYNCED, DEPLOYED, INDEXES_READY, SCHEMA_READY, Statement, set};
use crds::{Catalog, CatalogStatus, IndexState};
use jiff::Timestamp;
use kube::Resource as _;
use migrations::postgres::LATEST;

use super::build::SealKey;
use super::database::READ_ONLY;
use super::indexes::Looked;
use super::rollout::Rollout;
use super::{Applied, Deployable};
use crate::error::Halt;
use crate::outcome::{Verdict, is_ready};
use crate::{Hold, Until, take_over};

/// All that a reconcile of a Catalog found out.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) catalog: &'a Deployable,
    pub(super) applied: &'a Applied,
    /// `None` if there is no Deployment yet.
    pub(super) rollout: Option<&'a Rollout>,
    /// `None` if the database is not ready, so that nobody looked.
    pub(super) indexes: Option<&'a Result<Looked, Hold>>,
    pub(super) seal: &'a SealKey,
    /// The pods that there are run the wanted image with the wanted settings.
    pub(super) same_servers: bool,
}

struct Said {
    type_: &'static str,
    status: bool,
    reason: &'static str,
    message: String,
}

/// The last word on a reconcile, with its texts.
#[derive(Debug)]
pub(super) enum Judgement {
    Ready { reason: &'static str, message: String },
    Progressing { ready: bool, reason: &'static str, message: String },
    Halted(Halt),
}

impl Judgement {
    pub(super) fn verdict(&self, failures: u32) -> Verdict<'_> {
        match self {
            Self::Ready { reason, message } => Verdict::Ready { reason, message },
            Self::Progressing { ready, reason, message } => Verdict::Progressing { ready: *ready, reason, message },
            Self::Halted(halt) => Verdict::Halted { halt, failures },
        }
    }
}

/// A Catalog is ready if its pods serve what the spec says. One that was stays so while new pods come and old ones serve,
/// and while the database can't be asked by the operator but the servers find it.
pub(super) fn judge(catalog: &Catalog, found: &Found<'_>) -> Judgement {
    let before = catalog.status.as_ref().is_some_and(|status| is_ready(&status.conditions));
    let serves = before && found.rollout.is_some_and(|rollout| rollout.available > 0);
    if let Err(hold) = &found.applied.schema {
        return match hold.until {
            // Servers cannot write either to a database that is read-only.
            Until::Works if serves && found.same_servers && hold.reason != READ_ONLY => {
                Judgement::Progressing { ready: true, reason: hold.reason, message: hold.message.clone() }
            }
            _ => Judgement::Halted(hold.clone().into()),
        };
    }
    match found.rollout {
        Some(rollout) if rollout.is_done() => {
            let reason = if rollout.wanted == 0 { "Stopped" } else { "Available" };
            Judgement::Ready { reason, message: rollout.message() }
        }
        Some(rollout) => Judgement::Progressing { ready: serves, reason: rollout.reason(), message: rollout.message() },
        None => Judgement::Progressing { ready: false, reason: "RollingOut", message: "there are no pods yet".into() },
    }
}

/// The status after a reconcile that came to its end.
pub(super) fn status(catalog: &Catalog, found: &Found<'_>, verdict: &Verdict<'_>, now: Timestamp) -> CatalogStatus {
    let generation = catalog.meta().generation;
    let mut status = catalog.status.clone().unwrap_or_default();
    status.observed_generation = generation;
    status.uri = Some(found.catalog.uri.clone());
    status.took_over = take_over::used(catalog.meta(), status.took_over, found.applied.schema.is_ok());
    if found.applied.deployment.is_some() {
        status.seal_key_id = Some(found.seal.id().to_owned());
    }
    if let Some(Ok(looked)) = found.indexes {
        status.indexes = looked.indexes.clone();
    }
    verdict.write(&mut status.conditions, generation, now);
    let said = [schema(found), indexes(found), deployed(found), synced(found)];
    for Said { type_, status: so, reason, message } in said.into_iter().flatten() {
        set(&mut status.conditions, &Statement { type_, status: so, reason, message: &message }, generation, now);
    }
    status
}

/// The status after one that did not: only the verdict is new.
pub(super) fn halted(catalog: &Catalog, verdict: &Verdict<'_>, now: Timestamp) -> CatalogStatus {
    let mut status = catalog.status.clone().unwrap_or_default();
    if verdict.is_too_early(&status.conditions) {
        return status;
    }
    status.observed_generation = catalog.meta().generation;
    status.took_over = take_over::used(catalog.meta(), status.took_over, false);
    verdict.write(&mut status.conditions, catalog.meta().generation, now);
    status
}

fn schema(found: &Found<'_>) -> Option<Said> {
    Some(match &found.applied.schema {
        Ok(_) => {
            let message = format!("the schema {} is at version {LATEST}", found.catalog.schema);
            Said { type_: SCHEMA_READY, status: true, reason: "Migrated", message }
        }
        Err(Hold { until: _, reason, message }) => {
            Said { type_: SCHEMA_READY, status: false, reason, message: message.clone() }
        }
    })
}

fn indexes(found: &Found<'_>) -> Option<Said> {
    let say = |status, reason, message| Some(Said { type_: INDEXES_READY, status, reason, message });
    let looked = match found.indexes? {
        Ok(looked) => looked,
        Err(Hold { until: _, reason, message }) => return say(false, reason, message.clone()),
    };
    let wanting: Vec<_> = looked.indexes.iter().filter(|index| index.state != IndexState::Ready).collect();
    match (wanting.as_slice(), &looked.failed) {
        ([], _) => say(true, "AllValid", format!("{} indexes are there and valid", looked.indexes.len())),
        (_, Some(failed)) => say(false, "BuildFailed", failed.clone()),
        (wanting, None) => {
            let names: Vec<_> = wanting.iter().map(|index| index.name.as_str()).collect();
            say(false, "Building", format!("to be built: {}", names.join(", ")))
        }
    }
}

fn deployed(found: &Found<'_>) -> Option<Said> {
    let rollout = found.rollout?;
    let enough = rollout.available >= rollout.wanted;
    let reason = if enough { "Available" } else { rollout.reason() };
    Some(Said { type_: DEPLOYED, status: enough, reason, message: rollout.message() })
}

fn synced(found: &Found<'_>) -> Option<Said> {
    let rollout = found.rollout?;
    let (status, reason, message) = match &found.applied.schema {
        Err(hold) if !found.same_servers => (false, hold.reason, "the pods run with older settings"),
        _ if rollout.current => (true, "Synced", "all pods run with these settings"),
        _ => (false, "RollingOut", "some pods run with older settings"),
    };
    Some(Said { type_: CONFIG_SYNCED, status, reason, message: message.into() })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use migrations::postgres::{Claim, Prepared};
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::fixture::{catalog, fresh, read, valid};

    /// A Deployment of two pods of which so many are new, and so many serve.
    fn deployment(updated: i32, available: i32) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"generation": 1},
            "spec": {"replicas": 2, "selector": {}, "template": {}},
            "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": updated, "availableReplicas": available},
        }))
        .unwrap()
    }

    fn away() -> Result<Prepared, Hold> {
        Err(Hold::broken("DatabaseUnreachable", "no answer in time"))
    }

    fn migrated() -> Result<Prepared, Hold> {
        Ok(Prepared { from: LATEST, claim: Claim::Kept })
    }

    /// The conditions after one reconcile and then another.
    fn after(steps: &[(Result<Prepared, Hold>, Option<Deployment>, bool)]) -> Vec<String> {
        let mut catalog = catalog(&json!({}));
        let (valid, seal) = (valid(&read(&json!({}))).unwrap(), fresh().seal);
        for (schema, deployment, same_servers) in steps.iter().cloned() {
            let applied = Applied { schema, deployment };
            let rollout = applied.deployment.as_ref().map(Rollout::of);
            let rollout = rollout.as_ref();
            let found = Found { catalog: &valid, applied: &applied, rollout, indexes: None, seal: &seal, same_servers };
            let judgement = judge(&catalog, &found);
            catalog.status = Some(status(&catalog, &found, &judgement.verdict(0), Timestamp::UNIX_EPOCH));
        }
        let conditions = catalog.status.unwrap().conditions;
        conditions.iter().map(|one| format!("{}={} {}", one.type_, one.status, one.reason)).collect()
    }

    fn ready() -> (Result<Prepared, Hold>, Option<Deployment>, bool) {
        (migrated(), Some(deployment(2, 2)), true)
    }

    #[test]
    fn a_catalog_is_ready_when_all_its_pods_serve() {
        let conditions = after(&[(migrated(), Some(deployment(2, 1)), true)]);
        assert_eq!(conditions[0], "Ready=False PodsNotReady");
        let conditions = after(&[ready()]);
        for expected in [
            "Ready=True Available",
            "Reconciling=False Done",
            "SchemaReady=True Migrated",
            "Deployed=True Available",
            "ConfigSynced=True Synced",
        ] {
            assert!(conditions.contains(&expected.to_owned()), "{expected}: {conditions:?}");
        }
    }

    #[test]
    fn one_that_serves_stays_ready_through_a_rollout_and_says_that_it_is_one() {
        let conditions = after(&[ready(), (migrated(), Some(deployment(1, 2)), true)]);
        assert_eq!(conditions[..2], ["Ready=True RollingOut", "Reconciling=True RollingOut"]);
        assert!(conditions.contains(&"ConfigSynced=False RollingOut".to_owned()));
        let conditions = after(&[ready(), (migrated(), Some(deployment(2, 0)), true)]);
        assert_eq!(conditions[0], "Ready=False PodsNotReady");
    }

    #[test]
    fn a_database_that_the_operator_cannot_reach_is_told_but_servers_that_can_are_ready() {
        let conditions = after(&[ready(), (away(), Some(deployment(2, 2)), true)]);
        assert_eq!(conditions[..2], ["Ready=True DatabaseUnreachable", "Reconciling=True DatabaseUnreachable"]);
        assert!(conditions.contains(&"SchemaReady=False DatabaseUnreachable".to_owned()));
        let conditions = after(&[ready(), (away(), Some(deployment(2, 0)), true)]);
        assert_eq!(conditions[0], "Ready=False DatabaseUnreachable");
    }

    #[test]
    fn read_only_database_is_not_ready_until_it_is_writable() {
        let read_only = Err(Hold::broken(READ_ONLY, "the database is read-only"));
        let conditions = after(&[ready(), (read_only.clone(), Some(deployment(2, 2)), true)]);
        assert_eq!(conditions[0], "Ready=False DatabaseReadOnly");
        assert!(conditions.contains(&"SchemaReady=False DatabaseReadOnly".to_owned()), "{conditions:?}");
        let conditions = after(&[ready(), (read_only, Some(deployment(2, 2)), true), ready()]);
        assert_eq!(conditions[0], "Ready=True Available");
    }

    #[test]
    fn new_settings_that_cannot_be_rolled_out_make_it_not_ready() {
        let conditions = after(&[ready(), (away(), Some(deployment(2, 2)), false)]);
        assert_eq!(conditions[0], "Ready=False DatabaseUnreachable");
        assert!(conditions.contains(&"ConfigSynced=False DatabaseUnreachable".to_owned()), "{conditions:?}");
    }

    #[test]
    fn a_schema_of_another_stalls_and_nothing_is_said_of_pods_that_are_not_there() {
        let conditions = after(&[(Err(Hold::stalled("Conflict", "another's")), None, false)]);
        let expected = [
            "Ready=False Conflict",
            "Reconciling=False Stalled",
            "Stalled=True Conflict",
            "SchemaReady=False Conflict",
        ];
        assert_eq!(conditions, expected);
    }

    #[test]
    fn the_same_again_is_the_same_status() {
        let valid = valid(&read(&json!({}))).unwrap();
        let (mut catalog, seal) = (catalog(&json!({})), fresh().seal);
        let applied = Applied { schema: migrated(), deployment: Some(deployment(2, 2)) };
        let rollout = applied.deployment.as_ref().map(Rollout::of);
        let rollout = rollout.as_ref();
        let found =
            Found { catalog: &valid, applied: &applied, rollout, indexes: None, seal: &seal, same_servers: true };
        let mut tell = |second| {
            let judgement = judge(&catalog, &found);
            let now = Timestamp::from_second(second).unwrap();
            catalog.status = Some(status(&catalog, &found, &judgement.verdict(0), now));
            json!(catalog.status)
        };
        let first: Value = tell(1);
        assert_eq!(tell(2), first);
        assert_eq!(first["sealKeyId"], "0000abcd");
        assert_eq!(first["uri"], "http://lakehouse.team.svc.cluster.local:8181");
    }
}
