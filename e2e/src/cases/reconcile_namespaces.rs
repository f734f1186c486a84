//! Whose Tokens a Catalog takes: nobody's from another namespace, until it says so.

use serde_json::json;

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_namespaces", Values::new(), async |scene| {
        let team = format!("{}-blue", scene.namespace);
        scene.namespace(&team, &[("team", "blue")]).await?;
        let watched = json!([scene.namespace, team]);
        scene.install(&Values::new().set("watch.namespaces", watched)).await?;
        scene.open_lakehouse().await?;
        // The Warehouse's own consent is the matter of `reconcile_tenancy`.
        scene.edit("warehouse/lake", &json!({"spec": {"allowedNamespaces": {"from": "All"}}})).await?;

        scene.apply_in(&team, &[token(scene)?]).await?;
        scene.says_in(&team, "token/analyst", "Stalled", "True", "NotAllowed").await?;
        let secrets = scene.told_in(&team, &["get", "secrets", "--output=name"], None).await?;
        check(!secrets.contains("analyst-catalog"), || "a Token that is not allowed got a Secret".to_owned())?;

        for (which, selected) in [("red", false), ("blue", true)] {
            let allowed = json!({"from": "Selector", "selector": {"matchLabels": {"team": which}}});
            scene.edit("catalog/lakehouse", &json!({"spec": {"allowedNamespaces": allowed}})).await?;
            scene.ready("catalog/lakehouse").await?;
            let (type_, reason) = if selected { ("Ready", "") } else { ("Stalled", "NotAllowed") };
            scene.says_in(&team, "token/analyst", type_, "True", reason).await?;
        }
        works(scene, &team).await?;
        Ok("Stalled as NotAllowed, with no Secret; admitted by the namespace's labels, it works".to_owned())
    })
    .await
}

/// The example's Token, from another namespace.
fn token(scene: &Scene<'_>) -> Outcome<serde_json::Value> {
    let reference = json!({"name": "lakehouse", "namespace": scene.namespace});
    scene.lakehouse()?.set("Token/analyst", "/spec/catalogRef", reference)?.document("Token/analyst")
}

async fn works(scene: &Scene<'_>, team: &str) -> Outcome {
    let secret = scene.secret_in(team, "analyst-catalog").await?;
    let value = |key: &str| secret.get(key).ok_or_else(|| Failure::new(format!("the Secret has no {key}")));
    let url = format!("{}/v1/config?warehouse=lake", value("uri")?);
    let status = scene.status_of(&url, value("token")?).await.attempt("use the Token of the other namespace")?;
    check(status == "200", || format!("it is answered {status}"))
}
