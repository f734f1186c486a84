//! A database that can't be used: the Catalog says why, and goes on by itself when its Secret has the right URL.

use std::time::Duration;

use serde_json::json;

use crate::cluster::eventually;
use crate::failure::{Failure, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, condition, play};

const CATALOG: &str = "catalog/lakehouse";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_bad_database", Values::new(), async |scene| {
        let before = scene.operator_pods().await?;
        scene
            .apply(scene.lakehouse()?.set("Secret/lakehouse-database", "/stringData/url", "nonsense")?.documents())
            .await?;
        let told = scene.says(CATALOG, "Stalled", "True", "DatabaseUrlInvalid").await?;
        check(told.contains("url in the Secret lakehouse-database"), || format!("it does not say where: {told}"))?;
        for wrong in wrong(scene)? {
            refused(scene, wrong).await?;
        }
        check(scene.gone("deployment/lakehouse").await?, || "servers were started without a database".to_owned())?;

        point_to(scene, &scene.database_url).await?;
        scene.all_ready().await?;
        works(scene).await?;

        // What serves goes on, whatever becomes of the Secret.
        for wrong in wrong(scene)? {
            refused(scene, wrong).await?;
            works(scene).await?;
        }
        point_to(scene, &scene.database_url).await?;
        scene.says(CATALOG, "SchemaReady", "True", "Migrated").await?;
        scene.ready(CATALOG).await?;
        works(scene).await?;
        let after = scene.operator_pods().await?;
        check(after == before, || format!("the operator's pods were {before:?} and are {after:?}"))?;
        Ok("no URL, nobody there, no such database, a wrong password: each has its reason; the right one, Ready"
            .to_owned())
    })
    .await
}

/// URLs that lead nowhere, their reasons, and what a person has to be told.
fn wrong(scene: &Scene<'_>) -> Outcome<[(String, &'static str, &'static str); 3]> {
    let right = &scene.database_url;
    let password = password(right)?;
    Ok([
        (right.replace(":5432/", ":1/"), "DatabaseUnreachable", "refused"),
        (right.replace(&scene.database, "nowhere"), "DatabaseRefused", "nowhere"),
        (right.replace(password, "not-the-password"), "DatabaseRefused", "password"),
    ])
}

fn password(url: &str) -> Outcome<&str> {
    let found = url.split_once('@').and_then(|(before, _)| before.rsplit_once(':'));
    found.map(|(_, password)| password).ok_or_else(|| Failure::new("our own URL has no password"))
}

/// The Catalog says why it can't use such a URL, and nothing secret.
async fn refused(scene: &Scene<'_>, (url, reason, words): (String, &str, &str)) -> Outcome {
    point_to(scene, &url).await?;
    let says = |found: &serde_json::Value| {
        let current = condition(found, "SchemaReady");
        current["reason"] == reason && current["message"].as_str().is_some_and(|told| told.contains(words))
    };
    scene.until(CATALOG, &format!("{reason} with {words}"), says).await?;
    let secret = [password(&url)?, password(&scene.database_url)?];
    let said = scene.get(CATALOG).await?["status"].to_string() + &scene.operator_log().await?;
    check(!secret.iter().any(|secret| said.contains(secret)), || "the status or the log has the password".to_owned())
}

async fn point_to(scene: &Scene<'_>, url: &str) -> Outcome {
    scene.edit("secret/lakehouse-database", &json!({"stringData": {"url": url}})).await
}

/// The Service's way to pods that have just become ready may be a second behind.
async fn works(scene: &Scene<'_>) -> Outcome {
    let answered = async || {
        let status = scene.status_with("analyst-catalog", "lake").await?;
        check(status == "200", || format!("the token of the Secret is answered {status}"))
    };
    eventually(Duration::from_secs(10), answered).await
}
