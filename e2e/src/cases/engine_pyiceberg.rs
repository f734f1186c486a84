//! The whole path on a cluster: the chart, the example, and PyIceberg with the Secret that came out.

use std::path::Path;
use std::process::Command;

use tokio::time::Instant;

use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::needs::python::Packages;
use crate::stage::{Scene, Values, play};

const CASE: &str = "engine_pyiceberg";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, CASE, Values::new(), async |scene| {
        let start = Instant::now();
        scene.open_lakehouse().await?;
        let ready = start.elapsed();
        let secrets = scene.secrets().await?;
        let wrote = part(lab, scene, "write", &secrets).await?;
        scene.told(&["rollout", "restart", "deployment/lakehouse"]).await?;
        scene.told(&["rollout", "status", "deployment/lakehouse", "--timeout=120s"]).await?;
        let read = part(lab, scene, "read", &secrets).await?;
        let seconds = ready.as_secs_f64();
        Ok(format!("all ready {seconds:.1} s after apply; {wrote}; {read}; {}; {}", memory(scene)?, sizes(lab).await?))
    })
    .await
}

/// Runs a part of the script.
async fn part(lab: &Lab, scene: &Scene<'_>, name: &str, secrets: &Path) -> Outcome<String> {
    let mut command = Command::new(lab.python(Packages::PyIceberg).await?);
    command.arg("-B").arg(lab.script("engine_pyiceberg.py")).arg(name).arg(secrets);
    command.arg(scene.folder.join("written.json"));
    scene.reader(command, name).await
}

/// What the operator and the servers hold in memory: printed, not asserted.
fn memory(scene: &Scene<'_>) -> Outcome<String> {
    let processes = scene.processes()?;
    let of = |program: &str| {
        let fits = |line: &&str| line.split_whitespace().nth(1) == Some(program);
        let kibibytes = processes.lines().filter(fits).filter_map(|line| line.split_whitespace().next()?.parse().ok());
        let mebibytes: Vec<String> = kibibytes.map(|size: u64| (size / 1024).to_string()).collect();
        mebibytes.join(" and ")
    };
    let (operator, server) = (of("operator"), of("catalog-server"));
    check(!operator.is_empty() && !server.is_empty(), || format!("not both run: {processes}"))?;
    Ok(format!("RSS of the operator {operator} MiB, of the servers {server} MiB"))
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files, to one decimal")]
async fn sizes(lab: &Lab) -> Outcome<String> {
    let size = |image: &crate::image::Packed| {
        let name = image.reference.rsplit('/').next().unwrap_or_default().to_owned();
        format!("{name} {:.1} MiB compressed", image.compressed as f64 / f64::from(1 << 20))
    };
    Ok(lab.images().await?.iter().map(size).collect::<Vec<_>>().join(", "))
}
