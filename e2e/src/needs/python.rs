//! Python environments with pinned packages, each keyed by the hash of its requirements.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{cache, quiet};
use crate::failure::{Attempt, Outcome};

/// Packages that go together: a file of `e2e/python/requirements`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packages {
    /// PyIceberg and PyArrow.
    PyIceberg,
    /// PySpark, which is all of Spark.
    Spark,
    /// DuckDB and its extensions.
    DuckDb,
    /// Schemathesis, which makes requests from an OpenAPI document.
    Schemathesis,
}

impl Packages {
    fn name(self) -> &'static str {
        match self {
            Self::PyIceberg => "pyiceberg",
            Self::Spark => "spark",
            Self::DuckDb => "duckdb",
            Self::Schemathesis => "schemathesis",
        }
    }
}

/// The interpreter that has these packages; makes its environment when these requirements have none yet. `scripts` is
/// `e2e/python`.
pub(crate) async fn interpreter(packages: Packages, scripts: &Path) -> Outcome<PathBuf> {
    let requirements = scripts.join("requirements").join(packages.name()).with_extension("txt");
    let text = fs::read(&requirements).attempt(format!("read {}", requirements.display()))?;
    let home = cache::dir()?.join("python").join(key(&text));
    let python = home.join("bin").join("python");
    // Written last: an environment that was cut short is made again.
    let complete = home.join("complete");
    if complete.exists() && runs(&python, "pass").await {
        return Ok(python);
    }
    make(packages, &home, &requirements).await?;
    fs::write(&complete, "").attempt(format!("write {}", complete.display()))?;
    Ok(python)
}

fn key(requirements: &[u8]) -> String {
    Sha256::digest(requirements).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn make(packages: Packages, home: &Path, requirements: &Path) -> Outcome {
    if home.exists() {
        fs::remove_dir_all(home).attempt(format!("clear {}", home.display()))?;
    }
    fs::create_dir_all(home).attempt(format!("make {}", home.display()))?;
    // Debian's Python comes without the parts that make an environment.
    if !runs(Path::new("python3"), "import venv, ensurepip").await {
        quiet::apt(&["python3", "python3-venv"]).await?;
    }
    quiet::run("make a Python environment", Command::new("python3").args(["-m", "venv"]).arg(home)).await?;
    let mut pip = Command::new(home.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    quiet::run(&format!("install {} into it", packages.name()), &mut pip).await
}

/// True if this Python runs this program; it is not there, or not any more, when the machine's Python has changed.
async fn runs(python: &Path, program: &str) -> bool {
    let output = Command::new(python).args(["-c", program]).output().await;
    output.is_ok_and(|output| output.status.success())
}
