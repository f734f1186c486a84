//! Every package's own tests. The stores' conformance suite is among them, on SQLite and on our private Postgres.

use std::time::Duration;

use crate::failure::{Outcome, check};
use crate::hosts::child::{Child, Output};
use crate::lab::Lab;

/// Far above what they take; the budget of the run is the real limit.
const ENDS_WITHIN: Duration = Duration::from_secs(3600);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let url = lab.postgres().await?.database("conformance").await?;
    let mut command = lab.programs.cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).env("PANGOLIN_TEST_POSTGRES", url);
    // What the conformance suite multiplies its rounds by.
    command.env("PANGOLIN_TEST_FACTOR", lab.rounds(1).to_string());
    // Shown as it is: its closing lines are what runners of runners read.
    let mut tests = Child::start("cargo test", &mut command, Output::Shown)?;
    let status = tests.wait(ENDS_WITHIN).await?;
    check(status.success(), || "a test failed; its output is above".to_owned())?;
    Ok("all packages".to_owned())
}
