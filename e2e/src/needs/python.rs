//! A Python environment with the pinned requirements, keyed by their hash.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{cache, quiet};
use crate::failure::{Attempt, Outcome};

/// The interpreter of the environment; makes it when this requirements file has none yet.
pub(crate) async fn interpreter(requirements: &Path) -> Outcome<PathBuf> {
    let text = fs::read(requirements).attempt(format!("read {}", requirements.display()))?;
    let home = cache::dir()?.join("python").join(key(&text));
    let python = home.join("bin").join("python");
    // Written last: an environment that was cut short is made again.
    let complete = home.join("complete");
    if complete.exists() && works(&python).await {
        return Ok(python);
    }
    make(&home, requirements).await?;
    fs::write(&complete, "").attempt(format!("write {}", complete.display()))?;
    Ok(python)
}

fn key(requirements: &[u8]) -> String {
    Sha256::digest(requirements).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn works(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import pyiceberg, pyarrow"])
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}

async fn make(home: &Path, requirements: &Path) -> Outcome {
    if home.exists() {
        fs::remove_dir_all(home).attempt(format!("clear {}", home.display()))?;
    }
    fs::create_dir_all(home).attempt(format!("make {}", home.display()))?;
    if !venv_is_there().await {
        quiet::apt(&["python3", "python3-venv"]).await?;
    }
    quiet::run("make a Python environment", Command::new("python3").args(["-m", "venv"]).arg(home)).await?;
    let mut pip = Command::new(home.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
    quiet::run("install PyIceberg into it", &mut pip).await
}

/// Debian's Python comes without the parts that make an environment.
async fn venv_is_there() -> bool {
    Command::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .output()
        .await
        .is_ok_and(|output| output.status.success())
}
