//! A resource that is paused says so, and tools do not wait for it; a spec that the API server refuses is Stalled with the API
//! server's words.

use serde_json::{Value, json};

use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, condition, play};

const WAREHOUSE: &str = "warehouse/lake";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_paused", Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        paused(scene).await?;
        refused(scene).await?;
        Ok("Paused with an Event, Stalled with unapplied changes, Ready again; a bad quantity is ObjectRefused"
            .to_owned())
    })
    .await
}

async fn paused(scene: &Scene<'_>) -> Outcome {
    pause(scene, json!("true")).await?;
    scene.says(WAREHOUSE, "Paused", "True", "Paused").await?;
    let found = scene.get(WAREHOUSE).await?;
    check(condition(&found, "Stalled")["status"] == "False", || "nothing is unapplied, and it is Stalled".to_owned())?;
    scene.edit(WAREHOUSE, &json!({"spec": {"defaultProperties": {"a": "b"}}})).await?;
    // In the present generation: kstatus does not wait for another one.
    scene.says(WAREHOUSE, "Stalled", "True", "Paused").await?;
    let found = scene.get(WAREHOUSE).await?;
    let observed = &found["status"]["observedGeneration"];
    check(*observed == found["metadata"]["generation"], || format!("the observed generation is {observed}"))?;
    check(condition(&found, "Ready")["status"] == "True", || "it is not Ready although it is served".to_owned())?;
    pause(scene, Value::Null).await?;
    scene.ready(WAREHOUSE).await?;
    let resumed =
        |object: &Value| condition(object, "Paused").is_null() && condition(object, "Stalled")["status"] == "False";
    scene.until(WAREHOUSE, "reconciled again", resumed).await?;
    let events = scene.events("Warehouse", "lake").await?;
    for reason in ["Paused", "Resumed"] {
        check(events.iter().any(|event| event.contains(reason)), || format!("no Event {reason}: {events:?}"))?;
    }
    Ok(())
}

async fn pause(scene: &Scene<'_>, value: Value) -> Outcome {
    let annotations = json!({"catalog.pangolin.dev/paused": value});
    scene.edit(WAREHOUSE, &json!({"metadata": {"annotations": annotations}})).await
}

async fn refused(scene: &Scene<'_>) -> Outcome {
    let resources = |cpu: &str| json!({"spec": {"resources": {"requests": {"cpu": cpu}}}});
    for (cpu, words) in [("much", "quantities must match"), ("-1", "must be greater than or equal to 0")] {
        scene.edit("catalog/lakehouse", &resources(cpu)).await?;
        let message = scene.says("catalog/lakehouse", "Stalled", "True", "ObjectRefused").await?;
        check(message.contains(words), || format!("the message is {message}"))?;
    }
    scene.edit("catalog/lakehouse", &resources("10m")).await?;
    scene.ready("catalog/lakehouse").await
}
