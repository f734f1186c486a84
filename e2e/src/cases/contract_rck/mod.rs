//! The compatibility kit that the Iceberg project publishes, against our server as a foreign one.

mod report;

use std::env;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::store;
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::child::{Child, Output};
use crate::hosts::dev::Dev;
use crate::hosts::lake::{LAKE, Lake};
use crate::hosts::server::Database;
use crate::lab::Lab;
use report::Report;

const CASE: &str = "contract_rck";
/// Tables of the kit ask for directories there.
const SHARED: &str = "/tmp";
/// The Token of the example that `cargo dev` serves.
const TOKEN: &str = "analyst";
const ENDS_WITHIN: Duration = Duration::from_secs(900);

/// The kit's tests, and those that it skips for every foreign server: namespaces without a level or with a slash, nested
/// ones (which our own subclass switches on), and one that is about the place of files in one catalog.
const TESTS: usize = 157;
const SKIPPED: [&str; 10] = [
    "createAndDropEmptyNamespace",
    "createTableInUniqueLocation",
    "listNamespacesWithEmptyNamespace",
    "listTablesInEmptyNamespace",
    "listViewsInEmptyNamespace",
    "namespacePropertiesOnEmptyNamespace",
    "testDropNamespaceWithNestedNamespace",
    "testListNestedNamespaces",
    "testNamespaceWithSlash",
    "testTableNameWithSlash",
];
const NESTED: usize = 2;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(CASE)?;
    let sqlite = on_sqlite(lab, &folder).await.attempt("on SQLite, by cargo dev")?;
    let postgres = on_postgres(lab, &folder).await.attempt("on Postgres")?;
    Ok(format!("SQLite: {sqlite}; Postgres: {postgres}; skipped by the kit: {}", SKIPPED.join(", ")))
}

async fn on_sqlite(lab: &Lab, folder: &Path) -> Outcome<String> {
    let mut dev = Dev::new(folder)?.living("1h").with(&format!("file://{SHARED}/"));
    dev.start(lab).await?;
    let token = fs::read_to_string(dev.secrets(TOKEN)?.join("token")).attempt("read the token")?;
    let said = kit(lab, &folder.join("sqlite"), &dev.uri(), token.trim()).await?;
    dev.stop().await?;
    Ok(said)
}

async fn on_postgres(lab: &Lab, folder: &Path) -> Outcome<String> {
    let database = Database::Postgres(store::prepare_postgres(lab, CASE).await?);
    let mut lake = Lake::open(lab, folder, database).await?;
    lake.allow(Path::new(SHARED)).await?;
    let token = lake.writers_token("kit").await?;
    kit(lab, &folder.join("postgres"), lake.server.uri(), &token).await
}

/// Runs the kit on an empty warehouse; what it counted.
async fn kit(lab: &Lab, out: &Path, uri: &str, token: &str) -> Outcome<String> {
    fs::create_dir_all(out).attempt(format!("make {}", out.display()))?;
    let mut command = std::process::Command::new("mvn");
    command.args(["--batch-mode", "--no-transfer-progress", "test", "--file"]);
    command.arg(lab.programs.checkout.join("e2e").join("rck")).arg(format!("-Drck.out={}", out.display()));
    // Of the client's settings, those that we give, and none of the caller's.
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("CATALOG_") {
            command.env_remove(variable);
        }
    }
    command.env("CATALOG_URI", uri).env("CATALOG_WAREHOUSE", LAKE).env("CATALOG_TOKEN", token);
    let mut maven = Child::start("mvn", &mut command, Output::Log(&out.with_extension("log")))?;
    let status = maven.wait(ENDS_WITHIN).await?;
    check(status.success(), || format!("Maven ended with {status}"))?;
    let kit = Report::read(&out.join("surefire-reports"))?;
    kit.must_have(TESTS, &SKIPPED)?;
    let nested = Report::read(&out.join("nested-namespaces"))?;
    nested.must_have(NESTED, &[])?;
    Ok(format!("{} passed, {} skipped, 0 failed; nested namespaces: {}", kit.passed(), SKIPPED.len(), nested.passed()))
}
