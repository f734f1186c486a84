//! Our images as they are: started by a node under the strictest rules, they say who they are.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::cluster::{Api, Cluster, Plan, eventually};
use crate::failure::{Failure, Outcome, check};
use crate::image::Packed;
use crate::lab::Lab;

const PODS: &str = "/api/v1/namespaces/images/pods";
/// A container is started within a second; the first pod of a namespace waits for its ServiceAccount.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let cluster = Cluster::for_case(&lab.programs.checkout, Plan::POD).await?;
    let namespace = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "images", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    });
    cluster.api().must(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
    let mut says = Vec::new();
    for image in lab.images().await? {
        cluster.import(image)?;
        says.push(version(cluster.api(), image).await?);
    }
    Ok(says.join(", "))
}

/// What `--version` prints in a pod: nobody has told the node as whom to run it, and root is refused.
async fn version(api: &Api, image: &Packed) -> Outcome<String> {
    let name = image.reference.rsplit('/').next().unwrap_or_default().replace(':', "-");
    eventually(ENDS_WITHIN, async || api.must(Method::POST, PODS, Some(&pod(&name, image))).await).await?;
    let ended = async || {
        let pod = api.must(Method::GET, &format!("{PODS}/{name}"), None).await?;
        match pod["status"]["phase"].as_str() {
            Some("Succeeded") => Ok(()),
            _ => Err(Failure::new(format!("{name} says {}", pod["status"]))),
        }
    };
    eventually(ENDS_WITHIN, ended).await?;
    let log = api.must(Method::GET, &format!("{PODS}/{name}/log"), None).await?;
    let said = log.as_str().unwrap_or_default().trim().to_owned();
    check(said.ends_with(env!("CARGO_PKG_VERSION")), || format!("{name} says {said:?} of its version"))?;
    Ok(said)
}

fn pod(name: &str, image: &Packed) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "program",
                "image": image.reference,
                "imagePullPolicy": "Never",
                "args": ["--version"],
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "readOnlyRootFilesystem": true,
                    "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    })
}
