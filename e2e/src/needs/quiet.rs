//! Runs an installer without its chatter: one line of progress, and its output only when it fails.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;
use tokio::time::Instant;

use crate::failure::{Attempt, Failure, Outcome};

/// Says what it does, does it, says how long it took.
pub(crate) async fn run(says: &str, command: &mut Command) -> Outcome {
    eprintln!("· {says} …");
    let start = Instant::now();
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.attempt(says)?;
    if output.status.success() {
        eprintln!("· {says}: done in {:.0} s", start.elapsed().as_secs_f64());
        return Ok(());
    }
    for line in [output.stdout, output.stderr].iter().flat_map(|text| tail(text, 20)) {
        eprintln!("  {line}");
    }
    Err(Failure::new(format!("{says}: it ended with {}", output.status)))
}

/// The last `count` lines of an output.
fn tail(text: &[u8], count: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|line| (*line).to_owned()).collect()
}

/// True if this process is root.
pub(crate) async fn is_root() -> bool {
    Command::new("id").arg("-u").output().await.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Installs Debian packages, or says which are missing.
pub(crate) async fn apt(packages: &[&str]) -> Outcome {
    let names = packages.join(" ");
    if !is_root().await || !Path::new("/usr/bin/apt-get").exists() {
        return Err(Failure::new(format!(
            "missing on this machine: {names}. Install it (on Debian and Ubuntu: sudo apt-get install {names}) and run again"
        )));
    }
    run("refresh the list of packages", apt_get(["update", "-q"])?.args(["-o", "Acquire::Retries=3"])).await?;
    run(&format!("install {names}"), apt_get(["install", "-y"])?.args(["-q", "--no-install-recommends"]).args(packages))
        .await
}

fn apt_get<I: IntoIterator<Item: AsRef<OsStr>>>(args: I) -> Outcome<Command> {
    let mut command = Command::new("/usr/bin/apt-get");
    // Nobody is there to answer; settings that exist stay.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("UCF_FORCE_CONFFOLD", "1").args(args);
    Ok(command)
}
