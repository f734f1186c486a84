//! Postgres' programs: the newest installed, else Debian's package.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::quiet;
use crate::failure::{Attempt, Failure, Outcome};

const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with `initdb` and `postgres`. Installs Debian's package when there is none.
pub(crate) async fn programs() -> Outcome<PathBuf> {
    if let Some(found) = installed().await {
        return Ok(found);
    }
    // Debian's package would make and start a cluster of its own; this server-wide setting of its tools forbids that.
    keep_debian_from_starting_one();
    quiet::apt(&["postgresql"]).await?;
    installed().await.ok_or_else(|| Failure::new("Debian's postgresql is installed, but its initdb was not found"))
}

async fn installed() -> Option<PathBuf> {
    newest_below(Path::new(DEBIAN)).or(told_by_pg_config().await)
}

/// Debian keeps one folder a major version.
fn newest_below(root: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(root).ok()?.filter_map(Result::ok).filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let bin = entry.path().join("bin");
        complete(&bin).then_some((version, bin))
    });
    versions.max().map(|(_, bin)| bin)
}

/// Other systems: `pg_config` says where.
async fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().await.ok()?;
    let bin = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    complete(&bin).then_some(bin)
}

fn complete(bin: &Path) -> bool {
    bin.join("initdb").exists() && bin.join("postgres").exists()
}

/// A best effort: without it the package still installs, and one idle server more runs on this machine.
fn keep_debian_from_starting_one() {
    let folder = Path::new("/etc/postgresql-common");
    let file = folder.join("createcluster.conf");
    if !file.exists() && fs::create_dir_all(folder).is_ok() {
        let _best_effort = fs::write(file, "create_main_cluster = false\n");
    }
}

/// Who runs it: Postgres refuses root, so root becomes `postgres`; anybody else stays who they are.
pub(crate) async fn command(program: &Path) -> Outcome<std::process::Command> {
    if !quiet::is_root().await {
        return Ok(std::process::Command::new(program));
    }
    let known = Command::new("id").args(["-u", "postgres"]).output().await.attempt("look for the user postgres")?;
    if !known.status.success() {
        return Err(Failure::new(
            "Postgres refuses to run as root, and there is no user `postgres`: add one (useradd -r postgres)",
        ));
    }
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
    Ok(command)
}
