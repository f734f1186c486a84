//! Maven and a JDK: those that are there, else Debian's.

use tokio::process::Command;

use super::quiet;
use crate::failure::{Failure, Outcome};

/// Makes sure that `mvn` and `javac` run.
pub(crate) async fn programs() -> Outcome {
    if are_there().await {
        return Ok(());
    }
    quiet::apt(&["maven", "default-jdk-headless"]).await?;
    if are_there().await {
        return Ok(());
    }
    Err(Failure::new("Debian's maven and default-jdk-headless are installed, but mvn or javac does not run"))
}

async fn are_there() -> bool {
    for program in ["mvn", "javac"] {
        if !Command::new(program).arg("--version").output().await.is_ok_and(|output| output.status.success()) {
            return false;
        }
    }
    true
}
