//! A client that re-reads the mounted Secret never notices that its token is replaced every few seconds.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::{eventually, probe};
use crate::failure::{Failure, Outcome, check};
use crate::image::Image;
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

/// Of each credential. A mounted Secret may be some seconds old.
const TTL: &str = "30s";
const ROTATIONS: usize = 5;
const WITHIN: Duration = Duration::from_secs(300);
const PROBE: &str = "localhost/probe:1";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_secret_rotated", Values::new().set("test.credentialTtl", TTL), async |scene| {
        let program = probe(&lab.programs.checkout).await?;
        let image = Image { reference: PROBE, program: &program, labels: &[], authorities: false };
        scene.cluster().load(image)?;
        scene.open_lakehouse().await?;
        scene.apply(&[follower()]).await?;
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
        running(scene).await?;
        let events = scene.events("Token", "analyst").await?;
        check(events.iter().any(|reason| reason == "Renewed"), || format!("no Event of a renewal: {events:?}"))?;
        Ok(log.lines().last().unwrap_or_default().replace("token", "token number"))
    })
    .await
}

/// The follower ends at the first call that is not answered well.
async fn running(scene: &Scene<'_>) -> Outcome {
    let pod = scene.get("pod/follower").await?;
    let (phase, restarts) = (&pod["status"]["phase"], &pod["status"]["containerStatuses"][0]["restartCount"]);
    check(phase == "Running" && restarts == 0, || format!("the follower is {phase} after {restarts} restarts"))
}

fn follower() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "follower"},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "fsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "follower",
                "image": PROBE,
                "imagePullPolicy": "Never",
                "args": ["follow", "/token"],
                "env": [{"name": "WAREHOUSE", "value": "lake"}],
                "volumeMounts": [{"name": "token", "mountPath": "/token", "readOnly": true}],
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
            }],
            "volumes": [{"name": "token", "secret": {"secretName": "analyst-catalog"}}],
        },
    })
}
