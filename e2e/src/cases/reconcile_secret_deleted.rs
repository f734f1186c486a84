//! A Token's Secret that is deleted or edited by hand comes back with a credential that works.

use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

const SECRET: &str = "secret/analyst-catalog";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_secret_deleted", Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let first = works(scene).await?;
        scene.delete(SECRET).await?;
        scene.until("token/analyst", "issued again", |token| token["status"]["revision"].as_u64() > Some(1)).await?;
        scene.ready("token/analyst").await?;
        let second = works(scene).await?;
        check(second != first, || "the Secret came back with the credential that somebody may have taken".to_owned())?;

        scene.edit(SECRET, &serde_json::json!({"stringData": {"token": "pgl_not-a-token"}})).await?;
        let edited = |secret: &serde_json::Value| secret["data"]["token"] != "cGdsX25vdC1hLXRva2Vu";
        scene.until(SECRET, "put right", edited).await?;
        works(scene).await?;
        Ok("deleted and edited by hand, it is issued again, and works".to_owned())
    })
    .await
}

/// The token of the Secret, which the server takes.
async fn works(scene: &Scene<'_>) -> Outcome<String> {
    let secret = scene.secret("analyst-catalog").await?;
    let value = |key: &str| secret.get(key).cloned().unwrap_or_default();
    let url = format!("{}/v1/config?warehouse=lake", value("uri"));
    let status = scene.status_of(&url, &value("token")).await?;
    check(status == "200", || format!("the token of the Secret is answered {status}"))?;
    Ok(value("token"))
}
