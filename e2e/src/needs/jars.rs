//! Iceberg's jars for Spark, by Maven.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{cache, quiet};
use crate::failure::{Attempt, Outcome};

/// What a user of Spark 4.1 puts on its class path: Iceberg, and Amazon's client for tables in buckets.
const ARTIFACTS: [&str; 2] = ["iceberg-spark-runtime-4.1_2.13", "iceberg-aws-bundle"];
const VERSION: &str = "1.11.0";

/// The jars; fetches those that are not in the cache.
pub(crate) async fn for_spark() -> Outcome<Vec<PathBuf>> {
    let folder = cache::dir()?.join("jars");
    let mut jars = Vec::new();
    for artifact in ARTIFACTS {
        let name = format!("{artifact}-{VERSION}.jar");
        let jar = folder.join(&name);
        if !jar.exists() {
            // Renamed when it is whole: a copy that was cut short is made again.
            let incoming = folder.join("incoming");
            copy(artifact, &incoming).await?;
            fs::rename(incoming.join(&name), &jar).attempt(format!("keep {}", jar.display()))?;
        }
        jars.push(jar);
    }
    Ok(jars)
}

async fn copy(artifact: &str, folder: &Path) -> Outcome {
    let mut command = Command::new("mvn");
    command.args(["--batch-mode", "--no-transfer-progress", "--quiet", "dependency:copy"]);
    command.arg(format!("-Dartifact=org.apache.iceberg:{artifact}:{VERSION}"));
    command.arg(format!("-DoutputDirectory={}", folder.display()));
    quiet::run(&format!("fetch {artifact} {VERSION}"), &mut command).await
}
