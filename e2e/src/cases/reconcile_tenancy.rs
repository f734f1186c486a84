//! Tenants of one Catalog, and two Catalogs on one bucket: grants count with the Warehouse's consent only, a Warehouse of
//! another namespace is not taken over, and no prefix belongs to two Catalogs.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cluster::eventually;
use crate::failure::{Failure, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

const TAKE_OVER: &str = "catalog.pangolin.dev/take-over";
/// From a change of a Warehouse to the last effect of it, well below the period of the resync.
const SECONDS: Duration = Duration::from_secs(15);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_tenancy", Values::new(), async |scene| {
        let tenant = format!("{}-blue", scene.namespace);
        scene.namespace(&tenant, &[("team", "blue")]).await?;
        let watched = json!([scene.namespace, tenant]);
        scene.install(&Values::new().set("watch.namespaces", watched)).await?;
        let open = scene.lakehouse()?.set("Catalog/lakehouse", "/spec/allowedNamespaces", json!({"from": "All"}))?;
        scene.apply(open.documents()).await?;
        scene.all_ready().await?;

        let withdrawn = consent(scene, &tenant).await?;
        let lost = take_over(scene, &tenant).await?;
        two_catalogs(scene).await?;
        Ok(format!(
            "no grant without consent, {withdrawn:.1?} to its end; no take-over across namespaces, the loser of one \
             within a namespace reports it after {lost:.1?}; no prefix belongs to two Catalogs"
        ))
    })
    .await
}

/// A grant on the Warehouse of another namespace. Returns how long a withdrawal took to be reported.
async fn consent(scene: &Scene<'_>, tenant: &str) -> Outcome<Duration> {
    let reference = json!({"name": "lakehouse", "namespace": scene.namespace});
    let token = scene.lakehouse()?.set("Token/analyst", "/spec/catalogRef", reference)?.document("Token/analyst")?;
    scene.apply_in(tenant, &[token]).await?;
    let message = scene.says_in(tenant, "token/analyst", "Stalled", "True", "WarehouseNotFound").await?;
    check(!message.contains(&format!("{}/", scene.namespace)) && !message.contains("s3://"), || {
        format!("the message reveals what the tenant may not know: {message}")
    })?;
    let secrets = scene.told_in(tenant, &["get", "secrets", "--output=name"], None).await?;
    check(!secrets.contains("analyst-catalog"), || "a Token without consent got a Secret".to_owned())?;

    allow(scene, json!({"from": "Selector", "selector": {"matchLabels": {"team": "blue"}}})).await?;
    scene.says_in(tenant, "token/analyst", "Ready", "True", "Issued").await?;
    status(scene, tenant, "200").await?;

    let start = Instant::now();
    allow(scene, json!({"from": "Same"})).await?;
    scene.says_in(tenant, "token/analyst", "Stalled", "True", "WarehouseNotFound").await?;
    let took = start.elapsed();
    status(scene, tenant, "404").await?;
    check(took < SECONDS, || format!("the withdrawal was reported after {took:?}"))?;
    Ok(took)
}

/// The same name with the annotation, from another namespace and from the same. Returns how long the loser took to
/// report its loss.
async fn take_over(scene: &Scene<'_>, tenant: &str) -> Outcome<Duration> {
    let lakehouse = scene.lakehouse()?;
    let rival = |namespace: &str, name: &str| -> Outcome<Value> {
        let mut rival = lakehouse.document("Warehouse/lake")?;
        rival["metadata"] = json!({"name": name, "annotations": {TAKE_OVER: "true"}});
        rival["spec"]["name"] = json!("lake");
        rival["spec"]["catalogRef"] = json!({"name": "lakehouse", "namespace": namespace});
        Ok(rival)
    };
    let home = scene.namespace.clone();
    scene.apply_in(tenant, &[lakehouse.document("Secret/lake-storage")?, rival(&home, "lake")?]).await?;
    let message = scene.says_in(tenant, "warehouse/lake", "Stalled", "True", "Conflict").await?;
    check(message.contains("another namespace"), || format!("the refusal says {message}"))?;
    scene.ready("warehouse/lake").await?;
    status(scene, &home, "200").await?;
    // Otherwise it would adopt the warehouse as soon as its owner is deleted, which is the owner's consent.
    scene.told_in(tenant, &["delete", "warehouse/lake"], None).await?;

    let start = Instant::now();
    scene.apply(&[rival(&home, "successor")?]).await?;
    scene.ready("warehouse/successor").await?;
    scene.says("warehouse/lake", "Stalled", "True", "Conflict").await?;
    let took = start.elapsed();
    check(took < SECONDS, || format!("the loss was reported after {took:?}"))?;
    status(scene, &home, "200").await?;
    Ok(took)
}

/// A second Catalog with a schema of its own on the same bucket.
async fn two_catalogs(scene: &Scene<'_>) -> Outcome {
    let lakehouse = scene.lakehouse()?;
    let mut second = lakehouse.document("Catalog/lakehouse")?;
    second["metadata"]["name"] = json!("second");
    second["spec"]["database"]["postgres"]["schema"] = json!("second");
    let warehouse = |name: &str, location: &str| -> Outcome<Value> {
        let mut warehouse = lakehouse.document("Warehouse/lake")?;
        warehouse["metadata"]["name"] = json!(name);
        warehouse["spec"]["catalogRef"] = json!({"name": "second"});
        warehouse["spec"]["location"] = json!(format!("s3://{}/{location}", scene.bucket));
        Ok(warehouse)
    };
    scene.apply(&[second, warehouse("below", "lake/below")?, warehouse("same", "lake")?]).await?;
    scene.ready("catalog/second").await?;
    for name in ["below", "same"] {
        let message = scene.says(&format!("warehouse/{name}"), "Stalled", "True", "LocationOverlaps").await?;
        check(message.contains("another Catalog"), || format!("the operator says {message}"))?;
    }
    // Now the operator sees no other Warehouse, and the marker in the bucket still says whose the prefix is.
    for gone in ["warehouse/successor", "warehouse/lake", "warehouse/below", "warehouse/same"] {
        scene.delete(gone).await?;
    }
    scene.apply(&[warehouse("later", "lake")?]).await?;
    let message = scene.says("warehouse/later", "Stalled", "True", "LocationOverlaps").await?;
    check(message.contains(".pangolin-catalog.json"), || format!("the server says {message}"))
}

async fn allow(scene: &Scene<'_>, allowed: Value) -> Outcome {
    // A merge patch leaves a selector that it does not name.
    let mut patch = json!({"spec": {"allowedNamespaces": {"selector": null}}});
    for (key, value) in allowed.as_object().into_iter().flatten() {
        patch["spec"]["allowedNamespaces"][key] = value.clone();
    }
    scene.edit("warehouse/lake", &patch).await?;
    scene.ready("warehouse/lake").await
}

/// Waits until the Token of a namespace is answered with this status: other replicas hear of a change a moment later.
async fn status(scene: &Scene<'_>, namespace: &str, expected: &str) -> Outcome {
    let secret = scene.secret_in(namespace, "analyst-catalog").await?;
    let value = |key: &str| secret.get(key).ok_or_else(|| Failure::new(format!("the Secret has no {key}")));
    let (url, token) = (format!("{}/v1/config?warehouse=lake", value("uri")?), value("token")?);
    eventually(SECONDS, async || {
        let status = scene.status_of(&url, token).await?;
        check(status == expected, || format!("the Token of {namespace} is answered {status}, not {expected}"))
    })
    .await
}
