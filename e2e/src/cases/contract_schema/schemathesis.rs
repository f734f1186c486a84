//! Schemathesis makes requests from the document: right ones, and ones that are wrong in every way that it can think of.
//! What it checks, and which parameters are pinned, is in `python/schemathesis.toml`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::child::{Child, Output};
use crate::hosts::lake::Lake;
use crate::iceberg::append;
use crate::iceberg::rest::schema;
use crate::lab::Lab;
use crate::needs::python::Packages;

/// The one of every run but a full one.
const SEED: u64 = 6;
/// Requests an operation that are made up freely; a full run takes ten times as many.
const EXAMPLES: u64 = 10;
const ENDS_WITHIN: Duration = Duration::from_secs(3600);

/// How many requests it made, in its own words.
pub(super) async fn run(lab: &Lab, lake: &Lake, folder: &Path) -> Outcome<String> {
    prepare(lake).await?;
    let document = folder.join("document.json");
    fs::write(&document, iceberg_rest_schema::document().to_string()).attempt("write the document")?;
    let log = folder.join(format!("schemathesis-{}.log", lake.server.uri().rsplit(':').next().unwrap_or_default()));
    let python = lab.python(Packages::Schemathesis).await?;
    let mut command = Command::new(python.with_file_name("schemathesis"));
    command.arg("--config-file").arg(lab.script("schemathesis.toml")).arg("run").arg(document);
    command.args(["--no-color", "--url", lake.server.uri()]).args(how_long(lab));
    command.env("TOKEN", &lake.token).current_dir(folder);
    let status = Child::start("schemathesis", &mut command, Output::Log(&log))?.wait(ENDS_WITHIN).await?;
    let said = fs::read_to_string(&log).attempt("read what it said")?;
    check(status.success(), || "it found faults".to_owned())?;
    let cases = said.lines().skip_while(|line| !line.starts_with("Test cases:")).nth(1);
    cases.map(|line| line.trim().to_owned()).ok_or_else(|| Failure::new("it does not say how many requests it made"))
}

/// The phase `coverage` takes most of the time and is left to full runs.
fn how_long(lab: &Lab) -> [String; 6] {
    let (phases, seed) = if lab.full { ("examples,coverage,fuzzing", lab.seed) } else { ("examples,fuzzing", SEED) };
    let examples = lab.rounds(EXAMPLES).to_string();
    ["--phases".into(), phases.into(), "--seed".into(), seed.to_string(), "--max-examples".into(), examples]
}

/// What the pinned names lead to.
async fn prepare(lake: &Lake) -> Outcome {
    let (rest, prefix) = (&lake.rest, &lake.prefix);
    rest.create_namespace(prefix, "a").await?;
    for table in ["t", "u", "victim"] {
        let created = rest.create_table(prefix, "a", table).await?;
        let commit = append::commit(&created, uuid::Uuid::from_u128(1 << 70));
        rest.post(&format!("{prefix}/namespaces/a/tables/{table}"), &commit).await?;
    }
    for view in ["v", "victim-view"] {
        let version = json!({
            "version-id": 1, "schema-id": 0, "timestamp-ms": 1, "summary": {}, "default-namespace": ["a"],
            "representations": [{"type": "sql", "sql": "SELECT 1", "dialect": "spark"}],
        });
        let body = json!({"name": view, "schema": schema(), "view-version": version, "properties": {}});
        rest.post(&format!("{prefix}/namespaces/a/views"), &body).await?;
    }
    Ok(())
}
