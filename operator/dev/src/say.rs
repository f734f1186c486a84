//! What a person reads.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;

use crate::desired::{Key, Kind};
use crate::problem::Problem;
use crate::session::Session;

/// One line on standard output. A reader that went away is no reason to stop.
pub(crate) fn line(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// One line on standard error.
pub(crate) fn error(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The mistakes in the files, and what becomes of them.
pub(crate) fn problems(problems: &[Problem], then: &str) {
    problems.iter().for_each(error);
    error(then);
}

/// What runs, where its files are, and what to try. `files` are the names from the command line.
pub(crate) fn welcome(session: &Session, files: &[std::path::PathBuf]) -> String {
    let Some(server) = &session.server else { return String::new() };
    let mut text = format!("\nThe catalog is at {}\n\n", server.uri);
    for (key, warehouse) in &session.warehouses {
        text.push_str(&format!("  {key}  {}\n", warehouse.put.body.location));
    }
    for (key, credential) in &session.credentials {
        let file = credential.reader.folder().join("pyiceberg.yaml");
        let until = credential.expires_at().map(|end| format!(", good until {end}")).unwrap_or_default();
        text.push_str(&format!("  {key}  {}{until}\n", file.display()));
    }
    text.push_str(&format!("  Health and metrics  {0}/readyz {0}/metrics\n", server.platform_uri));
    text.push_str(&format!("  Log of the server   {}\n", session.state.log().display()));
    if !server.private {
        text.push_str(
            "\nOthers can reach this address, and it has no TLS: whoever sees the traffic sees the tokens.\n",
        );
    }
    text.push_str(&example(session).unwrap_or_default());
    text.push_str(&format!("\n{}\n", next(session, files)));
    text
}

/// A program that works as it is, for the first Token that may write somewhere.
fn example(session: &Session) -> Option<String> {
    let (credential, warehouse) = session.credentials.values().find_map(|credential| {
        let needed = [catalog_api::Privilege::Read, catalog_api::Privilege::Write];
        let mut grants = credential.token.grants.iter();
        let everywhere = grants.find(|grant| {
            grant.namespaces.is_empty() && needed.iter().all(|privilege| grant.privileges.contains(privilege))
        });
        Some((credential, everywhere?.warehouse.clone()))
    })?;
    let folder = python_text(credential.reader.folder());
    Some(format!(
        r#"
Try it: pip install "pyiceberg[pyarrow]", then in python

import os
os.environ["PYICEBERG_HOME"] = {folder}
import pyarrow
from pyiceberg.catalog import load_catalog

catalog = load_catalog("{warehouse}")
catalog.create_namespace_if_not_exists("demo")
numbers = pyarrow.table({{"n": [1, 2, 3]}})
table = catalog.create_table_if_not_exists("demo.numbers", schema=numbers.schema)
table.append(numbers)
print(table.scan().to_arrow())
"#
    ))
}

/// A path as a Python string; JSON's escapes are Python's.
fn python_text(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}

fn next(session: &Session, files: &[std::path::PathBuf]) -> String {
    let file = files.first().map(|file| file.display().to_string()).unwrap_or_default();
    let token = session.credentials.keys().find(|key: &&Key| key.kind == Kind::Token);
    let try_this = match token {
        Some(token) => format!("take Write out of the grants of {token}, or add a second Warehouse"),
        None => "add a Token with grants on a Warehouse".into(),
    };
    format!("Next: edit {file} while this runs; {try_this}. Ctrl-C ends it, and the next start finds everything again.")
}
