//! The README's first command, and PyIceberg on top of it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use futures::future::try_join_all;
use reqwest::Method;
use serde_json::Value;

use crate::failure::{Attempt, Outcome, check};
use crate::hosts::dev::Dev;
use crate::hosts::script;
use crate::iceberg::rest::Rest;
use crate::lab::Lab;
use crate::needs::python::Packages;

const CASE: &str = "engine_pyiceberg_dev";
/// The token of the example.
const TOKEN: &str = "analyst";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(CASE)?;
    let mut dev = Dev::new(&folder)?;
    dev.start(lab).await?;
    let secrets = dev.secrets(TOKEN)?;
    let first = fs::read_to_string(secrets.join("token")).attempt("read the first token")?;
    pasted(lab, &dev.said()?, &folder).await?;

    let parts = ["write", "follow"].map(|name| part(lab, name, &secrets, &folder));
    let said = try_join_all(parts).await?.join("; ");
    ended(&dev.uri(), &first).await?;

    dev.stop().await?;
    dev.start(lab).await?;
    let read = part(lab, "read", &secrets, &folder).await?;
    dev.stop().await?;
    check(!dev.said()?.contains(first.trim()), || "cargo dev printed a token".to_owned())?;
    Ok(format!("{said}; {read}"))
}

/// The program that `cargo dev` prints, run as it stands.
async fn pasted(lab: &Lab, said: &str, folder: &Path) -> Outcome {
    let program: Vec<&str> = said
        .lines()
        .skip_while(|line| !line.starts_with("import "))
        .take_while(|line| !line.starts_with("Next"))
        .collect();
    check(!program.is_empty(), || "cargo dev printed no program".to_owned())?;
    let file = folder.join("pasted.py");
    fs::write(&file, program.join("\n")).attempt("keep the printed program")?;
    let out = python(lab, "the printed program", &[file.as_os_str()], folder).await?;
    check(out.contains("[[1,2,3]]"), || format!("the printed program printed {out:?}"))
}

/// Runs a part of the script; its last line.
async fn part(lab: &Lab, name: &str, secrets: &Path, folder: &Path) -> Outcome<String> {
    let (file, written) = (lab.script("engine_pyiceberg.py"), folder.join("written.json"));
    let out =
        python(lab, name, &[file.as_os_str(), name.as_ref(), secrets.as_os_str(), written.as_os_str()], folder).await?;
    Ok(out.lines().last().unwrap_or_default().to_owned())
}

async fn python(lab: &Lab, name: &str, arguments: &[&OsStr], folder: &Path) -> Outcome<String> {
    let mut command = Command::new(lab.python(Packages::PyIceberg).await?);
    command.arg("-B").args(arguments).current_dir(folder);
    script::run(command, name, folder).await
}

/// A token that was rotated away has ended by now, to the second.
async fn ended(uri: &str, token: &str) -> Outcome {
    let answer =
        Rest::new(uri, Some(token.trim()))?.send(Method::GET, "/v1/config?warehouse=lake", &Value::Null).await?;
    check(answer.status == 401, || format!("the first token still works after its time: {}", answer.says()))
}
