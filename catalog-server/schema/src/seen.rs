//! Which parts of the document a run of tests has touched: a line each in a file, from as many processes as there are.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use crate::Pair;

/// The environment variable that names the file. Without it nothing is written.
pub const SEEN: &str = "ICEBERG_REST_SCHEMA_SEEN";

/// Writes `operation status`.
///
/// # Errors
/// If the file cannot be written.
pub fn record(pair: &Pair) -> io::Result<()> {
    let Some(file) = std::env::var_os(SEEN) else { return Ok(()) };
    let line = format!("{} {}\n", pair.operation, pair.status);
    OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
}
