//! The tests of the routes. Their client holds every answer against the document; here is seen that they leave out none
//! of the operations that the server has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use catalog_api::ENDPOINTS;
use iceberg_rest_schema::{SEEN, successes};

use crate::failure::{Attempt, Outcome, check};
use crate::hosts::child::{Child, Output};
use crate::lab::Lab;

/// Building them included.
const ENDS_WITHIN: Duration = Duration::from_secs(1800);

/// How many pairs of an operation and a status were seen.
pub(super) async fn run(lab: &Lab, folder: &Path) -> Outcome<usize> {
    let file = folder.join("seen");
    let mut command = lab.programs.cargo();
    command.args(["test", "--quiet", "--workspace", "--test", "routes"]).env(SEEN, &file);
    let mut tests = Child::start("the tests of the routes", &mut command, Output::Log(&folder.join("routes.log")))?;
    let status = tests.wait(ENDS_WITHIN).await?;
    check(status.success(), || "an answer is not as the document has it, or a test failed".to_owned())?;
    let text = fs::read_to_string(&file).attempt("read what the tests have seen")?;
    let seen: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let expected = ENDPOINTS.iter().flat_map(|endpoint| successes(endpoint.method, endpoint.path));
    let expected = expected.map(|pair| format!("{} {}", pair.operation, pair.status));
    let missing: Vec<String> = expected.filter(|pair| !seen.contains(pair)).collect();
    check(missing.is_empty(), || format!("no test of a route has seen {}", missing.join(", ")))?;
    Ok(seen.len())
}
