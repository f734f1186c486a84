//! The operator dies at each named step of each controller. It converges all the same: no reader held a dead token, and
//! nothing is there twice.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::cluster::eventually;
use crate::failure::{Attempt, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

/// Steps that each look takes, since what is as it should be is looked at, too.
const ALWAYS: &[&str] = &[
    "catalog.schema",
    "catalog.apply.last-database",
    "catalog.apply.admin",
    "catalog.apply.admin-hashes",
    "catalog.apply.seal",
    "catalog.apply.config-map",
    "catalog.apply.service-account",
    "catalog.apply.service",
    "catalog.apply.network-policy",
    "catalog.apply.pod-disruption-budget",
    "catalog.apply.deployment",
    "catalog.apply.deployment.done",
    "catalog.status",
    "warehouse.put",
    "warehouse.put.done",
    "warehouse.status",
    "token.status",
    "token.done",
];
/// Steps of an issue: the Secret is deleted for them.
const ISSUE: &[&str] = &["token.put", "token.secret", "token.confirm"];
/// Steps of the end of all.
const END: &[&str] = &[
    "token.revoke",
    "token.finalizer",
    "warehouse.detach",
    "warehouse.finalizer",
    "catalog.detach",
    "catalog.admin",
    "catalog.finalizer",
];

const DIES_WITHIN: Duration = Duration::from_secs(90);
const OPERATOR: &str = "deployment/pangolin-operator";
const KINDS: &str = "deployments,services,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "chaos_operator_restart", Values::new(), async |scene| {
        // Never two at once under the one name that finds its own Lease again.
        scene.edit(OPERATOR, &json!({"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}})).await?;
        scene.open_lakehouse().await?;
        scene.follow().await?;
        let before = objects(scene).await?;
        for step in ALWAYS.iter().chain(ISSUE) {
            arm(scene, step).await?;
            if ISSUE.contains(step) {
                steady(scene).await?;
                scene.delete("secret/analyst-catalog").await?;
            }
            die(scene, step).await?;
            scene.all_ready().await.attempt(format!("converge after {step}"))?;
            let after = objects(scene).await?;
            check(after == before, || format!("after {step} there are {after:?}, and before {before:?}"))?;
        }
        scene.still_follows().await?;
        single(scene).await?;
        for step in END {
            arm(scene, step).await?;
            steady(scene).await?;
            scene.told(&["delete", "tokens,warehouses,catalogs", "--all", "--wait=false"]).await?;
            die(scene, step).await?;
            eventually(DIES_WITHIN, async || nothing_left(scene).await).await.attempt(format!("end after {step}"))?;
            scene.open_lakehouse().await.attempt(format!("begin again after {step}"))?;
            single(scene).await?;
        }
        Ok(format!("died at {} steps, and converged", ALWAYS.len() + ISSUE.len() + END.len()))
    })
    .await
}

/// Starts the operator so that it dies at a step.
async fn arm(scene: &Scene<'_>, step: &str) -> Outcome {
    let failpoint = format!("PANGOLIN_FAILPOINT={step}");
    scene.told(&["set", "env", OPERATOR, &failpoint, "POD_NAME=chaos"]).await.map(drop)
}

/// Waits until no operator from before is there.
async fn steady(scene: &Scene<'_>) -> Outcome {
    scene.told(&["rollout", "status", OPERATOR, "--timeout=60s"]).await.map(drop)
}

/// Waits until it is dead, and starts it as it was.
async fn die(scene: &Scene<'_>, step: &str) -> Outcome {
    let dead = format!("failpoint {step}: abort");
    let died = async || {
        let log = scene.operator_log().await?;
        check(log.contains(&dead), || format!("the operator has not come to {step}"))
    };
    eventually(DIES_WITHIN, died).await?;
    scene.told(&["set", "env", OPERATOR, "PANGOLIN_FAILPOINT-", "POD_NAME=chaos"]).await?;
    steady(scene).await
}

/// What the operator has made, as `kind/name`.
async fn objects(scene: &Scene<'_>) -> Outcome<BTreeSet<String>> {
    Ok(scene.told(&["get", KINDS, "--output=name"]).await?.lines().map(str::to_owned).collect())
}

async fn nothing_left(scene: &Scene<'_>) -> Outcome {
    let left = scene.told(&["get", "tokens,warehouses,catalogs", "--output=name"]).await?;
    check(left.trim().is_empty(), || format!("still there: {left}"))
}

/// One warehouse, and no credential but the one in the Secret and those that it replaced.
async fn single(scene: &Scene<'_>) -> Outcome {
    let mut connection = scene.cluster().data()?.postgres().connect(&scene.database).await?;
    let sql = "SELECT (SELECT count(*) FROM pangolin.warehouses), (SELECT count(DISTINCT owner_uid) FROM \
        pangolin.active_tokens WHERE revoked_at IS NULL AND expires_at > now())";
    let found: (i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await.attempt("count the rows")?;
    check(found == (1, 1), || format!("warehouses and owners of live tokens: {found:?}"))
}
