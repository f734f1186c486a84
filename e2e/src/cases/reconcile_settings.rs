//! A change in a Catalog's spec reaches its servers by a rolling update that no client notices.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::cluster::eventually;
use crate::failure::{Failure, Outcome, check};
use crate::iceberg::reader::{Reader, Reads};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

const CATALOG: &str = "catalog/lakehouse";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_settings", Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let rest = client(scene).await?;
        // kube-proxy hears of a new Service a moment later.
        let prefix = eventually(Duration::from_secs(20), async || rest.prefix("lake").await).await?;
        let before = scene.servers("lakehouse").await?;
        check(!debugging(scene).await?, || "the servers log at debug before they were told to".to_owned())?;

        let reader = Reader::start(rest, format!("{prefix}/namespaces"));
        let start = Instant::now();
        scene.edit(CATALOG, &json!({"spec": {"logLevel": "debug"}})).await?;
        scene.ready(CATALOG).await?;
        // Ready stays true through a rollout: the last of the old servers is gone when it is over.
        for (pod, _) in &before {
            scene.told(&["wait", "--for=delete", &format!("pod/{pod}"), "--timeout=120s"]).await?;
        }
        let took = start.elapsed().as_secs_f64();
        let Reads { reads, tried_again } = reader.finish().await?;

        let after = scene.servers("lakehouse").await?;
        let replaced = after.iter().all(|pod| !before.contains(pod));
        check(after.len() == 2 && replaced, || format!("{before:?} became {after:?}"))?;
        check(debugging(scene).await?, || "the servers do not log at debug".to_owned())?;
        Ok(format!(
            "both servers replaced after {took:.1} s; {reads} reads, {tried_again} of them tried again, none failed"
        ))
    })
    .await
}

/// With the token of the Secret, from outside.
async fn client(scene: &Scene<'_>) -> Outcome<Rest> {
    let token = scene.secret("analyst-catalog").await?.remove("token");
    let token = token.ok_or_else(|| Failure::new("the Secret has no token"))?;
    Rest::new(&scene.reach("lakehouse").await?, Some(&token))
}

/// True if every server has written a line of that level.
async fn debugging(scene: &Scene<'_>) -> Outcome<bool> {
    for (pod, _) in scene.servers("lakehouse").await? {
        if !scene.told(&["logs", &pod]).await?.contains("\"level\":\"DEBUG\"") {
            return Ok(false);
        }
    }
    Ok(true)
}
