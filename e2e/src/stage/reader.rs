//! The reader of a Token: a program in the cluster's network that has its Secret, and keys of the bucket that are its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::Scene;
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::script;

impl Scene<'_> {
    /// The files of the example's Token, as a pod would have them mounted.
    pub(crate) async fn secrets(&self) -> Outcome<PathBuf> {
        let secrets = self.folder.join("secrets");
        fs::create_dir_all(&secrets).attempt("make a folder for the Secret")?;
        for (key, value) in self.secret("analyst-catalog").await? {
            fs::write(secrets.join(&key), value).attempt(format!("write {key} of the Secret"))?;
        }
        Ok(secrets)
    }

    /// Runs a Python program with those keys; its last line. Its output is kept under `name`.
    pub(crate) async fn reader(&self, mut command: Command, name: &str) -> Outcome<String> {
        let s3 = self.cluster().data()?.s3();
        command.env("AWS_ACCESS_KEY_ID", s3.key_id()).env("AWS_SECRET_ACCESS_KEY", s3.key());
        self.reader_without_keys(command, name).await
    }

    /// The same without keys in the environment.
    pub(crate) async fn reader_without_keys(&self, command: Command, name: &str) -> Outcome<String> {
        let out = script::run(self.inside(&command)?, name, &self.folder).await?;
        Ok(out.lines().last().unwrap_or_default().to_owned())
    }

    /// That the servers of the example understood all that they were asked: clients look whether a name is there, and
    /// nothing else was refused. How many requests that were.
    pub(crate) async fn all_understood(&self) -> Outcome<usize> {
        let of = ["logs", "--selector=app.kubernetes.io/component=server", "--tail=-1"];
        let log = self.told(&of).await?;
        fs::write(self.folder.join("servers.log"), &log).attempt("keep the servers' log")?;
        let statuses: Vec<(u64, &str)> = log.lines().filter_map(|line| Some((status(line)?, line))).collect();
        let refused = statuses.iter().find(|(status, _)| *status >= 400 && *status != 404);
        check(refused.is_none(), || format!("a request was refused: {}", refused.map_or("", |(_, line)| line)))?;
        check(!statuses.is_empty(), || "the servers' log has no request".to_owned())?;
        Ok(statuses.len())
    }
}

/// The status of a Token's request, from its line in a server's log.
fn status(line: &str) -> Option<u64> {
    let line: Value = serde_json::from_str(line).ok()?;
    line["principal"].as_str().filter(|principal| principal.starts_with("token:"))?;
    line["status"].as_u64()
}
