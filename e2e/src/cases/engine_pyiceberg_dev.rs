//! The README's first command, and PyIceberg on top of it.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::Value;
use tokio::process::Command;

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::dev::Dev;
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

const CASE: &str = "engine_pyiceberg_dev";
/// The token of the example.
const TOKEN: &str = "analyst";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(CASE)?;
    let mut dev = Dev::new(&short_lived(lab, &folder)?, &folder)?;
    dev.start(lab, TOKEN).await?;
    let secrets = dev.secrets(TOKEN)?;
    let first = fs::read_to_string(secrets.join("token")).attempt("read the first token")?;

    let (wrote, followed) =
        tokio::join!(script(lab, "write", &secrets, &folder), script(lab, "follow", &secrets, &folder));
    let (wrote, followed) = (wrote?, followed?);
    ended(&dev.uri(), &first).await?;

    dev.stop().await?;
    dev.start(lab, TOKEN).await?;
    let read = script(lab, "read", &secrets, &folder).await?;
    dev.stop().await?;
    check(!dev.said()?.contains(first.trim()), || "cargo dev printed a token".to_owned())?;
    Ok(format!("{wrote}; {followed}; {read}"))
}

/// The example as it stands, but for a token that lives seconds.
fn short_lived(lab: &Lab, folder: &Path) -> Outcome<PathBuf> {
    let example = lab.programs.checkout.join("crds/examples/quickstart.yaml");
    let text = fs::read_to_string(&example).attempt("read the example")?;
    let short = text.replace("ttl: 24h", "ttl: 6s");
    check(short != text, || "the example's ttl is not what this case replaces".to_owned())?;
    let copy = folder.join("quickstart.yaml");
    fs::write(&copy, short).attempt("write the example's copy")?;
    Ok(copy)
}

/// Runs a part of the script; its last line, or how it failed.
async fn script(lab: &Lab, part: &str, secrets: &Path, folder: &Path) -> Outcome<String> {
    let mut command = Command::new(lab.python().await?);
    command
        .arg("-B")
        .arg(lab.script("engine_pyiceberg_dev.py"))
        .arg(part)
        .arg(secrets)
        .arg(folder.join("written.json"));
    // Nothing but the file configures PyIceberg: not the user's variables either.
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().to_uppercase().starts_with("PYICEBERG_"))
    {
        command.env_remove(name);
    }
    let output = command.kill_on_drop(true).output().await.attempt(format!("run the script's part {part}"))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    fs::write(folder.join(format!("python-{part}.log")), format!("{out}{err}")).attempt("keep the script's output")?;
    if output.status.success() {
        return Ok(out.lines().last().unwrap_or_default().to_owned());
    }
    Err(Failure::new(format!("the script's part {part} failed: {}", err.lines().last().unwrap_or_default())))
}

/// A token that was rotated away has ended by now, to the second.
async fn ended(uri: &str, token: &str) -> Outcome {
    let answer =
        Rest::new(uri, Some(token.trim()))?.send(Method::GET, "/v1/config?warehouse=lake", &Value::Null).await?;
    check(answer.status == 401, || format!("the first token still works after its time: {}", answer.says()))
}
