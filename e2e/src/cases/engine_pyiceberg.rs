//! The whole path on a cluster: the chart, the example, and PyIceberg with the Secret that came out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tokio::time::Instant;

use crate::failure::{Attempt, Outcome, check};
use crate::hosts::script;
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

const CASE: &str = "engine_pyiceberg";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, CASE, Values::new(), async |scene| {
        let start = Instant::now();
        scene.open_lakehouse().await?;
        let ready = start.elapsed();
        let secrets = secrets(scene).await?;
        let wrote = part(lab, scene, "write", &secrets).await?;
        scene.told(&["rollout", "restart", "deployment/lakehouse"]).await?;
        scene.told(&["rollout", "status", "deployment/lakehouse", "--timeout=120s"]).await?;
        let read = part(lab, scene, "read", &secrets).await?;
        let seconds = ready.as_secs_f64();
        Ok(format!("all ready {seconds:.1} s after apply; {wrote}; {read}; {}; {}", memory(scene)?, sizes(lab).await?))
    })
    .await
}

/// The files of the Token's Secret, as a pod would have them mounted.
async fn secrets(scene: &Scene<'_>) -> Outcome<PathBuf> {
    let secrets = scene.folder.join("secrets");
    fs::create_dir_all(&secrets).attempt("make a folder for the Secret")?;
    for (key, value) in scene.secret("analyst-catalog").await? {
        fs::write(secrets.join(&key), value).attempt(format!("write {key} of the Secret"))?;
    }
    Ok(secrets)
}

/// Runs a part of the script in the cluster's network; its last line. The keys of the bucket are the reader's own.
async fn part(lab: &Lab, scene: &Scene<'_>, name: &str, secrets: &Path) -> Outcome<String> {
    let (file, written) = (lab.script("engine_pyiceberg.py"), scene.folder.join("written.json"));
    let mut command = Command::new(lab.python().await?);
    command.arg("-B").arg(file).arg(name).arg(secrets).arg(written);
    let s3 = scene.cluster().data()?.s3();
    command.env("AWS_ACCESS_KEY_ID", s3.key_id()).env("AWS_SECRET_ACCESS_KEY", s3.key());
    let out = script::run(scene.inside(&command)?, name, &scene.folder).await?;
    Ok(out.lines().last().unwrap_or_default().to_owned())
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
