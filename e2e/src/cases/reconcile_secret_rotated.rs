//! A client that re-reads the mounted Secret never notices that its token is replaced every few seconds.

use std::time::Duration;

use crate::cluster::eventually;
use crate::failure::{Failure, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Values, play};

/// Of each credential. A mounted Secret may be some seconds old.
const TTL: &str = "30s";
const ROTATIONS: usize = 5;
const WITHIN: Duration = Duration::from_secs(300);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_secret_rotated", Values::new().set("test.credentialTtl", TTL), async |scene| {
        scene.open_lakehouse().await?;
        scene.follow().await?;
        let rotations = lab.rounds(ROTATIONS as u64);
        let rotated = async || {
            let log = scene.told(&["logs", "pod/follower"]).await?;
            let seen = log.lines().filter(|line| line.starts_with("token ")).count().saturating_sub(1);
            let failed = log.lines().find(|line| !line.starts_with("token "));
            Ok((seen as u64, failed.map(str::to_owned), log))
        };
        let followed = async || match rotated().await? {
            (_, Some(failure), _) => Ok(Err(Failure::new(failure))),
            (seen, None, log) if seen >= rotations => Ok(Ok(log)),
            (seen, None, _) => Err(Failure::new(format!("{seen} of {rotations} rotations"))),
        };
        let log = eventually(WITHIN * u32::try_from(rotations / 5).unwrap_or(1), followed).await??;
        scene.still_follows().await?;
        let events = scene.events("Token", "analyst").await?;
        check(events.iter().any(|reason| reason == "Renewed"), || format!("no Event of a renewal: {events:?}"))?;
        Ok(log.lines().last().unwrap_or_default().replace("token", "token number"))
    })
    .await
}
