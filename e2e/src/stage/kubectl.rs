//! Programs that are run to their end without holding up what else the case does.

use std::process::{Command, Stdio};

use tokio::io::AsyncWriteExt;

use crate::failure::{Attempt, Failure, Outcome};

/// The output, or a failure that has all that the program said. It is stopped when nobody waits any more.
pub(super) async fn finish(says: &str, command: Command, input: Option<String>) -> Outcome<String> {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().attempt(says)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.unwrap_or_default().as_bytes()).await.attempt(says)?;
    }
    let output = child.wait_with_output().await.attempt(says)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Failure::new(format!("{says}: {} ({}{})", output.status, out.trim(), errors.trim())))
}
