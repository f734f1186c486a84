//! What somebody changes or deletes of a Catalog's objects comes back; what is somebody else's is not touched.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::eventually;
use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, condition, play};

const CATALOG: &str = "catalog/lakehouse";

/// One of a Catalog's objects, and how the case spoils it.
struct Child {
    object: &'static str,
    /// The field that is changed.
    field: &'static str,
    to: Value,
}

/// All of them but those with the Catalog's uid in their names.
fn children() -> [Child; 8] {
    let child = |object, field, to| Child { object, field, to };
    [
        child("secret/lakehouse-admin-hashes", "/data/hashes", json!("eA==")),
        child("secret/lakehouse-seal", "/data/keys", json!("eA==")),
        child("configmap/lakehouse", "/data/settings.yaml", json!("{}")),
        child("serviceaccount/lakehouse", "/automountServiceAccountToken", json!(true)),
        child("networkpolicy/lakehouse", "/spec/ingress", json!([])),
        child("service/lakehouse", "/spec/ports/0/port", json!(80)),
        child("poddisruptionbudget/lakehouse", "/spec/maxUnavailable", json!(2)),
        child("deployment/lakehouse", "/spec/template/spec/automountServiceAccountToken", json!(true)),
    ]
}

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_drift", Values::new(), async |scene| {
        foreign_objects_are_left_alone(scene).await?;
        scene.open_lakehouse().await?;
        for child in &children() {
            comes_back_as_it_was(scene, child).await?;
        }
        what_allows_no_change_is_made_anew(scene).await?;
        let uid = scene.get(CATALOG).await?["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        for object in [format!("secret/database-{uid}"), format!("secret/admin-{uid}")] {
            comes_back(scene, &object).await?;
        }
        scene.all_ready().await?;
        let answered = async || {
            let status = scene.status_with("analyst-catalog", "lake").await?;
            check(status == "200", || format!("after all that the token of the Secret is answered {status}"))
        };
        eventually(Duration::from_secs(120), answered).await?;
        Ok("9 edits, 10 deletions: all came back; foreign ones of their names were not touched".to_owned())
    })
    .await
}

/// Edits it, then deletes it.
async fn comes_back_as_it_was(scene: &Scene<'_>, child: &Child) -> Outcome {
    let Child { object, field, to } = child;
    let at = |found: &Value| found.pointer(field).cloned().unwrap_or_default();
    let live = scene.get(object).await?;
    let before = at(&live);
    check(before != *to, || format!("{field} of {object} is {to} already"))?;
    let patch = json!([{"op": "replace", "path": field, "value": to}]).to_string();
    scene.told(&["patch", object, "--type=json", "--patch", &patch]).await?;
    // A sealing key that nobody can use any more is replaced by a new one.
    let is_right = |found: &Value| if field.ends_with("/keys") { at(found) != *to } else { at(found) == before };
    let right = scene.until(object, &format!("put right ({field})"), is_right).await?;
    let (uid, new) = (&live["metadata"]["uid"], &right["metadata"]["uid"]);
    check(uid == new, || format!("{object} was made anew, though {field} can be changed"))?;
    let before = at(&scene.get(object).await?);
    comes_back(scene, object).await?;
    let after = at(&scene.get(object).await?);
    // A lost key is replaced by a new one, unless a look that had begun still knew it.
    check(field.ends_with("/keys") || before == after, || format!("{object} came back with another {field}"))?;
    scene.ready(CATALOG).await
}

/// Somebody spoils the settings, and makes them immutable.
async fn what_allows_no_change_is_made_anew(scene: &Scene<'_>) -> Outcome {
    let settings = "configmap/lakehouse";
    let before = scene.get(settings).await?;
    scene.edit(settings, &json!({"data": {"settings.yaml": "{}"}, "immutable": true})).await?;
    let is_right = |found: &Value| found["data"] == before["data"] && found["immutable"].is_null();
    scene.until(settings, "made anew", is_right).await?;
    scene.ready(CATALOG).await
}

async fn comes_back(scene: &Scene<'_>, object: &str) -> Outcome {
    let uid = scene.get(object).await?["metadata"]["uid"].clone();
    scene.told(&["delete", object, "--wait=false"]).await?;
    let new = |found: &Value| found["metadata"]["uid"] != uid && found["metadata"]["deletionTimestamp"].is_null();
    scene.until(object, "there again", new).await.map(drop)
}

/// The Catalog waits until they are gone.
async fn foreign_objects_are_left_alone(scene: &Scene<'_>) -> Outcome {
    let foreign = ["ConfigMap", "ServiceAccount"].map(|kind| {
        let metadata = json!({"name": "lakehouse", "labels": {"app": "somebody-else"}});
        json!({"apiVersion": "v1", "kind": kind, "metadata": metadata})
    });
    let secret =
        |name: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {"x": "eA=="}});
    scene.apply(&foreign).await?;
    scene.apply(&[secret("lakehouse-seal"), secret("analyst-catalog")]).await?;
    let names = ["secret/lakehouse-seal", "configmap/lakehouse", "serviceaccount/lakehouse", "secret/analyst-catalog"];
    let mut before = Vec::new();
    for name in names {
        before.push(scene.get(name).await?);
    }
    scene.apply(scene.lakehouse()?.documents()).await?;
    for (number, name) in names.into_iter().enumerate() {
        let (kind, plain) = name.split_once('/').unwrap_or_default();
        let reason = if kind == "secret" { "SecretConflict" } else { "ObjectConflict" };
        let resource = if plain == "analyst-catalog" { "token/analyst" } else { CATALOG };
        let told = format!("stalled because of {name}");
        let stalled = |found: &Value| {
            let current = condition(found, "Stalled");
            let message = current["message"].as_str().unwrap_or_default().to_lowercase();
            current["reason"] == reason && message.contains(kind) && message.contains(plain)
        };
        scene.until(resource, &told, stalled).await?;
        for (name, before) in names.into_iter().zip(&before).skip(number) {
            let after = scene.get(name).await?;
            check(after == *before, || format!("{name} was touched: {before} is {after}"))?;
        }
        scene.delete(name).await?;
    }
    Ok(())
}
