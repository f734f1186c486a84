//! Python programs, run with nothing of the person's own settings.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::{Attempt, Outcome, check};

/// Nothing but its file configures an engine: not these variables of the person who runs us.
const SETTINGS: [&str; 5] = ["PYICEBERG_", "SPARK_", "PYSPARK_", "DUCKDB_", "AWS_"];

/// Runs one to its end and keeps its output in `folder`; what it printed, or how it failed.
pub(crate) async fn run(mut command: Command, name: &str, folder: &Path) -> Outcome<String> {
    let given: Vec<OsString> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    let configures = |variable: &OsString| {
        let name = variable.to_string_lossy().to_uppercase();
        SETTINGS.iter().any(|prefix| name.starts_with(prefix)) && !given.contains(variable)
    };
    for variable in env::vars_os().map(|(name, _)| name).filter(configures) {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await.attempt(format!("run Python: {name}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    fs::write(folder.join(format!("python-{name}.log")), format!("{out}{err}")).attempt("keep Python's output")?;
    let why = || format!("Python failed: {name}: {}", err.lines().last().unwrap_or_default());
    check(output.status.success(), why)?;
    Ok(out.into_owned())
}
