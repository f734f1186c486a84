//! An audit workflow on branches of the catalog, with each engine: `e2e/python/audit_workflow.py` tells it.

use std::ffi::OsString;
use std::process::Command;
use std::time::Duration;

use catalog_api::Privilege;

use super::store::{self, Store};
use crate::failure::{Attempt, Outcome};
use crate::hosts::lake::{LAKE, Lake, grant};
use crate::hosts::script;
use crate::lab::Lab;
use crate::needs::jars;
use crate::needs::python::Packages;

pub(super) async fn pyiceberg(lab: &Lab) -> Outcome<String> {
    let mut said = Vec::new();
    for store in Store::BOTH {
        let mut command = Command::new(lab.python(Packages::PyIceberg).await?);
        command.arg("-B").arg(lab.script("engine_branch_pyiceberg.py"));
        let one = workflow(lab, "engine_branch_pyiceberg", store, command).await;
        said.push(one.attempt(format!("on {store:?}"))?);
    }
    said.dedup();
    Ok(format!("{}, on both stores", said.join("; ")))
}

pub(super) async fn spark(lab: &Lab) -> Outcome<String> {
    let jars: Vec<OsString> = jars::for_spark().await?.into_iter().map(Into::into).collect();
    let mut command = Command::new(lab.python(Packages::Spark).await?);
    command.arg("-B").arg(lab.script("engine_branch_spark.py")).arg(jars.join(",".as_ref()));
    workflow(lab, "engine_branch_spark", Store::Postgres, command).await
}

/// Runs the script against a server of its own, as one who may manage the warehouse; its last line.
async fn workflow(lab: &Lab, case: &str, store: Store, mut command: Command) -> Outcome<String> {
    let lake: Lake = store::lake(lab, case, store).await?;
    let grants = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
    let token = lake.token("auditor", grants, Duration::from_secs(3600)).await?;
    command.env("URI", lake.server.uri()).env("WAREHOUSE", LAKE).env("TOKEN", token);
    let folder = lab.folder(case)?;
    command.current_dir(&folder);
    let out = script::run(command, "workflow", &folder).await?;
    Ok(out.lines().last().unwrap_or_default().to_owned())
}
