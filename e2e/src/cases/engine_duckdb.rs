//! DuckDB with nothing but the Secret that came out of the example, its extensions and its own keys.

use std::process::Command;

use crate::failure::Outcome;
use crate::lab::Lab;
use crate::needs::python::Packages;
use crate::stage::{Values, play};

const CASE: &str = "engine_duckdb";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, CASE, Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let mut command = Command::new(lab.python(Packages::DuckDb).await?);
        command.arg("-B").arg(lab.script("engine_duckdb.py")).arg(scene.secrets().await?);
        command.arg(scene.folder.join("extensions"));
        let said = scene.reader(command, "duckdb").await?;
        Ok(format!("{said}; {} requests, all understood", scene.all_understood().await?))
    })
    .await
}
