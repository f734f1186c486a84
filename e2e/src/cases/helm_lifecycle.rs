//! The charts through a release's life, on a cluster that nobody prepared: definitions included.

use reqwest::Method;
use serde_json::Value;

use crate::cluster::output;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;
use crate::stage::{Scene, Stage, Values, chart, play_on};

const CASE: &str = "helm_lifecycle";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let stage = Stage::bare(lab).await?;
    lint(&stage)?;
    let values = values();
    play_on(&stage, lab, CASE, values.clone(), async |scene| {
        refused(scene).await?;
        scene.open_lakehouse().await?;
        write(scene).await?;

        scene.install(&values.clone().set("replicas", 2).set("log.level", "debug")).await?;
        shape(scene, 2, "--log-level=debug", true).await?;
        scene.helm(&["rollback", RELEASE, "1", "--wait", "--timeout=120s"]).await?;
        shape(scene, 1, "--log-level=info", false).await?;
        scene.all_ready().await?;

        scene.uninstall().await?;
        check(scene.gone("deployment/pangolin-operator").await?, || "the operator outlived its release".to_owned())?;
        let roles = scene.told(&["get", "roles,rolebindings,serviceaccounts,leases", "--output=name"]).await?;
        check(!roles.contains("pangolin-operator"), || format!("helm uninstall left {roles}"))?;
        // Definitions, resources and the servers stay, and so does the data.
        read(scene).await?;
        scene.install(&values).await?;
        scene.all_ready().await?;
        read(scene).await?;
        Ok("linted; installed, upgraded, rolled back, uninstalled, installed again: the data was there all the time"
            .to_owned())
    })
    .await
}

const RELEASE: &str = "pangolin-operator";

fn values() -> Values {
    Values::new().set("crds.enabled", true)
}

fn lint(stage: &Stage) -> Outcome {
    let charts = ["pangolin-operator", "pangolin-crds"].map(|name| chart(stage.checkout(), name));
    let mut helm = stage.cluster.helm()?;
    output("lint the charts", helm.args(["lint", "--strict"]).args(&charts)).map(drop)
}

/// Keys that mean nothing are refused at every level, as are values that mean nothing.
async fn refused(scene: &Scene<'_>) -> Outcome {
    for (wrong, says) in [
        ("wach.namespaces={a}", "wach"),
        ("image.tags=x", "tags"),
        ("watch.namespaces={UPPER}", "/watch/namespaces/0"),
        ("watch.allNamespaces=true,watch.namespaces={a}", "/watch/namespaces"),
        ("image.digest=latest", "/image/digest"),
    ] {
        let chart = chart(scene.stage.checkout(), RELEASE);
        match scene.helm(&["upgrade", RELEASE, &chart, "--reuse-values", "--set", wrong]).await {
            Ok(_) => return Err(Failure::new(format!("--set {wrong} was taken"))),
            Err(failure) => check(failure.chain().contains(says), || failure.chain())?,
        }
    }
    Ok(())
}

/// Makes a namespace in the catalog.
async fn write(scene: &Scene<'_>) -> Outcome {
    let rest = client(scene).await?;
    let prefix = rest.prefix("lake").await?;
    rest.create_namespace(&prefix, "kept").await
}

/// The namespace is there.
async fn read(scene: &Scene<'_>) -> Outcome {
    let rest = client(scene).await?;
    let path = format!("{}/namespaces/kept", rest.prefix("lake").await?);
    rest.send(Method::GET, &path, &Value::Null).await?.success("load the namespace again").map(drop)
}

async fn client(scene: &Scene<'_>) -> Outcome<Rest> {
    let token = scene.secret("analyst-catalog").await?.remove("token");
    Rest::new(&scene.reach("lakehouse").await?, token.as_deref())
}

/// What runs is what the values say.
async fn shape(scene: &Scene<'_>, replicas: u64, argument: &str, budget: bool) -> Outcome {
    let deployment = scene.get("deployment/pangolin-operator").await?;
    let ready = deployment["status"]["readyReplicas"].as_u64();
    check(ready == Some(replicas), || format!("{ready:?} of {replicas} operators are ready"))?;
    let arguments = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    let has = arguments.as_array().is_some_and(|all| all.iter().any(|one| one == argument));
    check(has, || format!("no {argument} in {arguments}"))?;
    let gone = scene.gone("poddisruptionbudget/pangolin-operator").await.attempt("look for the budget")?;
    check(gone != budget, || format!("with {replicas} replicas: a PodDisruptionBudget is there: {}", !gone))
}
