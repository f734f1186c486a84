//! A Catalog whose finalizer is removed by hand: the Secrets with its database's URL and its token, which lie in the operator's
//! namespace, do not stay for ever.

use std::time::Duration;

use serde_json::json;

use crate::cluster::eventually;
use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

/// After it, and soon after the start, the operator searches.
const RESYNC: &str = "20s";
const WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_finalizer_removed", Values::new(), async |scene| {
        let home = format!("{}-home", scene.namespace);
        scene.namespace(&home, &[]).await?;
        let watched = json!([scene.namespace, home]);
        scene.install(&Values::new().set("watch.namespaces", watched).set("safetyInterval", RESYNC)).await?;
        let lakehouse = scene.lakehouse()?;
        let documents = [lakehouse.document("Secret/lakehouse-database")?, lakehouse.document("Catalog/lakehouse")?];
        scene.apply_in(&home, &documents).await?;
        scene.says_in(&home, "catalog/lakehouse", "Ready", "True", "").await?;
        let before = secrets(scene).await?;
        check(before.len() == 2, || format!("the operator keeps {before:?}"))?;

        // With an operator at work the finalizer would run, or come back.
        scale(scene, "0").await?;
        scene.told(&["wait", "--for=delete", "pods", "--selector=app.kubernetes.io/component=operator"]).await?;
        scene.told_in(&home, &["delete", "catalog/lakehouse", "--wait=false"], None).await?;
        let none = r#"--patch={"metadata":{"finalizers":null}}"#;
        scene.told_in(&home, &["patch", "catalog/lakehouse", "--type=merge", none], None).await?;
        check(secrets(scene).await? == before, || "the Secrets went by themselves".to_owned())?;
        scale(scene, "1").await?;
        eventually(WITHIN, async || {
            let left = secrets(scene).await?;
            check(left.is_empty(), || format!("{left:?} outlived the Catalog"))
        })
        .await?;
        Ok("without its finalizer a Catalog leaves two Secrets, which the operator deletes".to_owned())
    })
    .await
}

async fn scale(scene: &Scene<'_>, replicas: &str) -> Outcome {
    scene.told(&["scale", "deployment/pangolin-operator", &format!("--replicas={replicas}")]).await.map(drop)
}

/// Those of Catalogs in other namespaces.
async fn secrets(scene: &Scene<'_>) -> Outcome<Vec<String>> {
    let text = scene.told(&["get", "secrets", "--selector=catalog.pangolin.dev/owner-uid", "--output=name"]).await?;
    Ok(text.lines().map(str::to_owned).collect())
}
