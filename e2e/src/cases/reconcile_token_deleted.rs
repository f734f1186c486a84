//! A Token that is deleted is refused by every replica, and takes its Secret along.

use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::eventually;
use crate::failure::{Failure, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_token_deleted", Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let token = scene.secret("analyst-catalog").await?.remove("token");
        let token = token.ok_or_else(|| Failure::new("the Secret has no token"))?;
        let servers = scene.servers("lakehouse").await?;
        check(servers.len() == 2, || format!("not two servers: {servers:?}"))?;
        all_answer(scene, &servers, &token, "200").await?;

        let start = Instant::now();
        scene.delete("token/analyst").await?;
        // Let go means revoked: nothing to wait for.
        all_answer(scene, &servers, &token, "401").await?;
        let took = start.elapsed().as_secs_f64();
        let gone =
            async || check(scene.gone("secret/analyst-catalog").await?, || "its Secret is still there".to_owned());
        eventually(Duration::from_secs(30), gone).await?;
        Ok(format!("both replicas refuse it {took:.1} s after the command, and its Secret is gone"))
    })
    .await
}

async fn all_answer(scene: &Scene<'_>, servers: &[(String, String)], token: &str, status: &str) -> Outcome {
    for (pod, address) in servers {
        let url = format!("http://{address}:8181/v1/config?warehouse=lake");
        let answered = scene.status_of(&url, token).await?;
        check(answered == status, || format!("{pod} answers {answered}, not {status}"))?;
    }
    Ok(())
}
