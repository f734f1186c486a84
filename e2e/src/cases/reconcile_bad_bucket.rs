//! A bucket that is missing, keys that are wrong: the Warehouse has the store's own word for it, the old keys stay in use,
//! and the right ones are tried as soon as they are in the Secret.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::cluster::eventually;
use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, condition, play};

const WAREHOUSE: &str = "warehouse/lake";
/// So long that the pauses between two tries are longer than [`AT_ONCE`].
const FAILS_FOR: Duration = Duration::from_secs(40);
const AT_ONCE: Duration = Duration::from_secs(10);
const RESYNC: Duration = Duration::from_secs(20);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    // A short resync, after which the storage is tried again.
    let values = Values::new().set("safetyInterval", format!("{}s", RESYNC.as_secs()));
    play(lab, "reconcile_bad_bucket", values, async |scene| {
        let before = scene.operator_pods().await?;
        let s3 = scene.cluster().data()?.s3();
        let missing = format!("{}-later", scene.bucket);
        let location = format!("s3://{missing}/lake");
        scene.apply(scene.lakehouse()?.set("Warehouse/lake", "/spec/location", location)?.documents()).await?;
        refused(scene, "NoSuchBucket").await?;
        s3.bucket(&missing).await?;
        scene.all_ready().await?;
        works(scene).await?;

        for (id, key, word) in
            [(s3.key_id(), "not-the-secret-key", "SignatureDoesNotMatch"), ("nobody", s3.key(), "InvalidAccessKeyId")]
        {
            keys(scene, id, key).await?;
            refused(scene, word).await?;
            works(scene).await?;
        }
        sleep(FAILS_FOR).await;
        let start = Instant::now();
        keys(scene, s3.key_id(), s3.key()).await?;
        scene.says(WAREHOUSE, "StorageReachable", "True", "Probed").await?;
        let took = start.elapsed();
        scene.ready(WAREHOUSE).await?;
        works(scene).await?;
        check(took < AT_ONCE, || format!("the right keys were tried after {took:?}"))?;
        let start = Instant::now();
        s3.remove_bucket(&missing).await?;
        refused(scene, "NoSuchBucket").await?;
        let noticed = start.elapsed();
        s3.bucket(&missing).await?;
        scene.says(WAREHOUSE, "StorageReachable", "True", "Probed").await?;
        let after = scene.operator_pods().await?;
        check(after == before, || format!("the operator's pods were {before:?} and are {after:?}"))?;
        Ok(format!("NoSuchBucket, SignatureDoesNotMatch, InvalidAccessKeyId; the right keys, Ready in {took:.1?}; a removed bucket, noticed after {noticed:.1?}"))
    })
    .await
}

/// The Warehouse says that the store refused, in the store's words, and nothing secret.
async fn refused(scene: &Scene<'_>, word: &str) -> Outcome {
    let says = |object: &serde_json::Value| {
        let current = condition(object, "StorageReachable");
        current["reason"] == "StorageRefused" && current["message"].as_str().is_some_and(|told| told.contains(word))
    };
    let found = scene.until(WAREHOUSE, &format!("refused with {word}"), says).await?;
    scene.says(WAREHOUSE, "Ready", "False", "StorageRefused").await?;
    let said = found["status"].to_string() + &scene.operator_log().await?;
    let secret = [scene.cluster().data()?.s3().key(), "not-the-secret-key"];
    check(!secret.iter().any(|key| said.contains(key)), || "the status or the log has a secret key".to_owned())
}

async fn keys(scene: &Scene<'_>, id: &str, key: &str) -> Outcome {
    let keys = json!({"access-key-id": id, "secret-access-key": key});
    scene.edit("secret/lake-storage", &json!({"stringData": keys})).await
}

/// The Service's way to pods that have just become ready may be a second behind.
async fn works(scene: &Scene<'_>) -> Outcome {
    let answered = async || {
        let status = scene.status_with("analyst-catalog", "lake").await?;
        check(status == "200", || format!("the token of the Secret is answered {status}"))
    };
    eventually(Duration::from_secs(10), answered).await
}
