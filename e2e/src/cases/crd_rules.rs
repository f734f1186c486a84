//! The table of accepted and refused resources, run by the crate that holds the rules.

use std::fs;
use std::time::Duration;

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::child::{Child, Output};
use crate::lab::Lab;

/// A build of the crate's tests included.
const ENDS_WITHIN: Duration = Duration::from_secs(1200);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let log = lab.folder("crd_rules")?.join("cargo.log");
    let mut command = lab.programs.cargo();
    command.args(["test", "--test", "crd_rules"]);
    let status = Child::start("cargo test", &mut command, Output::Log(&log))?.wait(ENDS_WITHIN).await?;
    check(status.success(), || "the table does not hold".to_owned())?;
    let text = fs::read_to_string(&log).attempt("read the output of cargo test")?;
    let summary = text.lines().find(|line| line.starts_with("test result: ok."));
    let summary = summary.ok_or_else(|| Failure::new("cargo test printed no summary"))?;
    check(!summary.contains(" 0 passed"), || "no test ran".to_owned())?;
    Ok(summary.to_owned())
}
