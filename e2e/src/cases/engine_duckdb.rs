//! DuckDB with nothing but the Secret that came out of the example, its extensions and, for a bucket, a secret with its own
//! keys that it creates itself.

use std::process::Command;

use crate::failure::Outcome;
use crate::hosts::dev::Dev;
use crate::hosts::script;
use crate::lab::Lab;
use crate::needs::python::Packages;
use crate::stage::{Values, play};

const CASE: &str = "engine_duckdb";
const DEV: &str = "engine_duckdb_dev";

/// The README's first command, whose tables are files on a disk.
pub(super) async fn dev(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(DEV)?;
    // Longer than the case takes: DuckDB keeps the token that a catalog was attached with.
    let mut dev = Dev::new(&folder)?.living("10m");
    dev.start(lab).await?;
    let mut command = Command::new(lab.python(Packages::DuckDb).await?);
    command.arg("-B").arg(lab.script("engine_duckdb.py")).arg(dev.secrets("analyst")?).arg(folder.join("extensions"));
    let out = script::run(command, "duckdb", &folder).await?;
    dev.stop().await?;
    Ok(out.lines().last().unwrap_or_default().to_owned())
}

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, CASE, Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let mut command = Command::new(lab.python(Packages::DuckDb).await?);
        command.arg("-B").arg(lab.script("engine_duckdb.py")).arg(scene.secrets().await?);
        command.arg(scene.folder.join("extensions"));
        let s3 = scene.cluster().data()?.s3();
        command.env("S3_KEY_ID", s3.key_id()).env("S3_SECRET", s3.key()).env("S3_ENDPOINT", s3.endpoint());
        let said = scene.reader_without_keys(command, "duckdb").await?;
        Ok(format!("{said}; {} requests, all understood", scene.all_understood().await?))
    })
    .await
}
