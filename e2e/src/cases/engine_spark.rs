//! Spark with nothing but the Secret that came out of the example, Iceberg's jars and its own keys.

use std::ffi::OsString;
use std::process::Command;

use crate::failure::Outcome;
use crate::lab::Lab;
use crate::needs::jars;
use crate::needs::python::Packages;
use crate::stage::{Values, play};

const CASE: &str = "engine_spark";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, CASE, Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let jars: Vec<OsString> = jars::for_spark().await?.into_iter().map(Into::into).collect();
        let mut command = Command::new(lab.python(Packages::Spark).await?);
        command.arg("-B").arg(lab.script("engine_spark.py")).arg(scene.secrets().await?).arg(jars.join(",".as_ref()));
        let said = scene.reader(command, "spark").await?;
        Ok(format!("{said}; {} requests, all understood", scene.all_understood().await?))
    })
    .await
}
