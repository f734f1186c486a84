//! The operator dies at each named step of each controller, and is started again only to die at the next one. It
//! converges all the same: no reader held a dead token, and nothing is there twice.
//!
//! That a step is come to proves that the death before it has kept nothing from going on. Three operators, each in a scene
//! of its own, take their walks at the same time: a Catalog is made, a Warehouse and a Token are made, and a Secret is
//! issued again before everything ends.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::cluster::eventually;
use crate::failure::{Attempt, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

/// The steps that make a Catalog, in their order.
const CATALOG: &[&str] = &[
    "catalog.schema",
    "catalog.apply.admin",
    "catalog.apply.admin-hashes",
    "catalog.apply.seal",
    "catalog.apply.config-map",
    "catalog.apply.service-account",
    "catalog.apply.network-policy",
    "catalog.apply.service",
    "catalog.apply.pod-disruption-budget",
    "catalog.apply.last-database",
    "catalog.apply.deployment",
    "catalog.apply.deployment.done",
    "catalog.status",
];
/// Those that make what depends on it. A Token does not wait for its Warehouse, so they are made one after another.
const DEPENDENTS: &[(&str, &[&str])] = &[
    ("Warehouse/lake", &["warehouse.put", "warehouse.put.done", "warehouse.status"]),
    ("Token/analyst", &["token.put", "token.secret", "token.confirm", "token.status", "token.done"]),
];
/// Those that give a Token another Secret in place of a lost one.
const ISSUE: &[&str] = &["token.put", "token.secret", "token.confirm"];
/// A Secret under another name replaces the one before.
const TIDY: &[&str] = &["token.tidy"];
/// The end of each kind, in the only order in which they can end.
const ENDS: &[(&str, &[&str])] = &[
    ("token/analyst", &["token.revoke", "token.finalizer"]),
    ("warehouse/lake", &["warehouse.detach", "warehouse.finalizer"]),
    (
        "catalog/lakehouse",
        &["catalog.servers", "catalog.detach", "catalog.clear-away", "catalog.admin", "catalog.finalizer"],
    ),
];

const DIES_WITHIN: Duration = Duration::from_secs(90);
const OPERATOR: &str = "deployment/pangolin-operator";
const KINDS: &str = "deployments,services,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let (catalog, dependents, ended) =
        futures::join!(a_catalog_is_made(lab), its_dependents_are_made(lab), all_is_issued_again_and_ends(lab));
    // The last one was made by an operator that lived.
    let whole = ended?;
    for made in [catalog?, dependents?] {
        check(made == whole, || format!("there are {made}, and without any death there were {whole}"))?;
    }
    let others: usize = DEPENDENTS.iter().chain(ENDS).map(|(_, steps)| steps.len()).sum();
    let deaths = CATALOG.len() + ISSUE.len() + TIDY.len() + others;
    Ok(format!("died {deaths} times, at each step, and converged; a reader of the Secret noticed nothing"))
}

async fn a_catalog_is_made(lab: &Lab) -> Outcome<String> {
    walk(lab, "chaos_operator_restart_catalog", async |scene| {
        lie_in_wait(scene, CATALOG).await?;
        scene.apply(scene.lakehouse()?.documents()).await?;
        die_at_each(scene, CATALOG).await?;
        converge(scene).await
    })
    .await
}

async fn its_dependents_are_made(lab: &Lab) -> Outcome<String> {
    walk(lab, "chaos_operator_restart_dependents", async |scene| {
        let lakehouse = scene.lakehouse()?;
        let catalog = ["Secret/lakehouse-database", "Secret/lake-storage", "Catalog/lakehouse"];
        scene.apply(&catalog.map(|one| lakehouse.document(one)).into_iter().collect::<Outcome<Vec<_>>>()?).await?;
        scene.ready("catalog/lakehouse").await?;
        for (document, steps) in DEPENDENTS {
            lie_in_wait(scene, steps).await?;
            scene.apply(&[lakehouse.document(document)?]).await?;
            die_at_each(scene, steps).await?;
        }
        converge(scene).await
    })
    .await
}

async fn all_is_issued_again_and_ends(lab: &Lab) -> Outcome<String> {
    walk(lab, "chaos_operator_restart_end", async |scene| {
        scene.open_lakehouse().await?;
        let whole = objects(scene).await?;
        scene.follow().await?;
        lie_in_wait(scene, ISSUE).await?;
        lose_the_secret(scene).await?;
        die_at_each(scene, ISSUE).await?;
        let after = converge(scene).await?;
        check(after == whole, || format!("after another issue there are {after}, and before {whole}"))?;
        scene.still_follows().await?;

        lie_in_wait(scene, TIDY).await?;
        scene.edit("token/analyst", &json!({"spec": {"secretName": "analyst-other"}})).await?;
        die_at_each(scene, TIDY).await?;
        converge(scene).await?;
        check(scene.gone("secret/analyst-catalog").await?, || "the Secret of the old name is still there".to_owned())?;

        for (resource, steps) in ENDS {
            lie_in_wait(scene, steps).await?;
            scene.told(&["delete", resource, "--wait=false"]).await?;
            die_at_each(scene, steps).await?;
        }
        live(scene).await?;
        let gone = async || check(scene.gone("catalog/lakehouse").await?, || "the Catalog is still there".to_owned());
        eventually(DIES_WITHIN, gone).await?;
        Ok(whole)
    })
    .await
}

/// A scene whose operators are never two at once: they all have the one name that finds its own Lease again.
async fn walk(lab: &Lab, name: &str, acts: impl AsyncFnOnce(&Scene<'_>) -> Outcome<String>) -> Outcome<String> {
    play(lab, name, Values::new(), async |scene| {
        scene.edit(OPERATOR, &json!({"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}})).await?;
        acts(scene).await
    })
    .await
}

/// Starts the operator so that it dies at the first of the steps, before anything has to be done.
async fn lie_in_wait(scene: &Scene<'_>, steps: &[&str]) -> Outcome {
    arm(scene, steps.first().copied().unwrap_or_default()).await?;
    steady(scene).await
}

/// Starts the operator so that it dies at a step.
async fn arm(scene: &Scene<'_>, step: &str) -> Outcome {
    let failpoint = format!("PANGOLIN_FAILPOINT={step}");
    scene.told(&["set", "env", OPERATOR, &failpoint, "POD_NAME=chaos"]).await.map(drop)
}

/// Waits until the operator that was started last is the only one, and is ready.
async fn steady(scene: &Scene<'_>) -> Outcome {
    scene.told(&["rollout", "status", OPERATOR, "--timeout=60s"]).await.map(drop)
}

/// Waits until it is dead, and starts it for the next step.
async fn die_at_each(scene: &Scene<'_>, steps: &[&str]) -> Outcome {
    for (number, step) in steps.iter().enumerate() {
        eventually(DIES_WITHIN, async || is_dead(scene, step).await).await?;
        if let Some(next) = steps.get(number + 1) {
            arm(scene, next).await?;
        }
    }
    Ok(())
}

async fn is_dead(scene: &Scene<'_>, step: &str) -> Outcome {
    let log = scene.operator_log().await?;
    check(log.contains(&format!("failpoint {step}: abort")), || format!("the operator has not come to {step}"))
}

/// Deletes it until the operator is dead at the first step of another issue: a look that had begun brings it back as it was.
async fn lose_the_secret(scene: &Scene<'_>) -> Outcome {
    let lost = async || {
        scene.told(&["delete", "secret/analyst-catalog", "--ignore-not-found"]).await?;
        is_dead(scene, ISSUE[0]).await
    };
    eventually(DIES_WITHIN, lost).await
}

/// Starts it as it was.
async fn live(scene: &Scene<'_>) -> Outcome {
    scene.told(&["set", "env", OPERATOR, "PANGOLIN_FAILPOINT-", "POD_NAME=chaos"]).await?;
    steady(scene).await
}

/// All is ready, and nothing is there twice; the objects.
async fn converge(scene: &Scene<'_>) -> Outcome<String> {
    live(scene).await?;
    // Words of an operator that is dead do not count.
    for resource in ["catalog/lakehouse", "warehouse/lake", "token/analyst"] {
        scene.ready(resource).await?;
    }
    single(scene).await?;
    objects(scene).await
}

/// What the operator has made, as `kind/name`, without the Catalog's uid.
async fn objects(scene: &Scene<'_>) -> Outcome<String> {
    let catalog = scene.get("catalog/lakehouse").await?;
    let uid = catalog["metadata"]["uid"].as_str().unwrap_or_default();
    let names = scene.told(&["get", KINDS, "--output=name"]).await?.replace(uid, "UID");
    let names: BTreeSet<&str> = names.lines().collect();
    Ok(names.into_iter().collect::<Vec<_>>().join(" "))
}

/// One warehouse, and no credential but the one in the Secret and those that it replaced.
async fn single(scene: &Scene<'_>) -> Outcome {
    let mut connection = scene.cluster().data()?.postgres().connect(&scene.database).await?;
    let sql = "SELECT (SELECT count(*) FROM pangolin.warehouses), (SELECT count(DISTINCT owner_uid) FROM \
        pangolin.active_tokens WHERE revoked_at IS NULL AND expires_at > now())";
    let found: (i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await.attempt("count the rows")?;
    check(found == (1, 1), || format!("warehouses and owners of live tokens: {found:?}"))
}
