//! A client that takes its credential from a mounted Secret.

use serde_json::{Value, json};

use super::Scene;
use crate::cluster::probe;
use crate::failure::{Outcome, check};
use crate::image::Image;

const PROBE: &str = "localhost/probe:1";

impl Scene<'_> {
    /// Starts a pod that reads the Token's mounted Secret anew before each call. It ends at the first call that is not
    /// answered well.
    pub(crate) async fn follow(&self) -> Outcome {
        let program = probe(&self.stage.checkout).await?;
        let image = Image { reference: PROBE, program: &program, labels: &[], authorities: false };
        self.cluster().load(image)?;
        self.apply(&[follower()]).await
    }

    /// That it has never failed.
    pub(crate) async fn still_follows(&self) -> Outcome {
        let pod = self.get("pod/follower").await?;
        let (phase, restarts) = (&pod["status"]["phase"], &pod["status"]["containerStatuses"][0]["restartCount"]);
        check(phase == "Running" && restarts == 0, || format!("the follower is {phase} after {restarts} restarts"))
    }
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
