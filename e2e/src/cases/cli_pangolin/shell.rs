//! Runs `pangolin` with a home directory of its own. No output of it may ever hold a token or a colour.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;

/// The beginning of every token.
const TOKEN: &str = "pgl_";

/// Where the commands run.
pub(super) struct Shell {
    program: PathBuf,
    home: PathBuf,
    count: Cell<usize>,
}

/// What a command said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Shell {
    /// Writes the file that a Token's Secret has as `pyiceberg.yaml`.
    pub(super) fn new(lab: &Lab, home: &Path, uri: &str, token: &str) -> Outcome<Self> {
        let yaml = format!(
            "catalog:\n  \"lake\":\n    type: \"rest\"\n    uri: \"{uri}\"\n    warehouse: \"lake\"\n    token: \"{token}\"\n"
        );
        fs::write(home.join(".pyiceberg.yaml"), yaml).attempt("write .pyiceberg.yaml")?;
        Ok(Self { program: lab.programs.path("pangolin"), home: home.to_owned(), count: Cell::new(0) })
    }

    /// How many commands have run.
    pub(super) fn count(&self) -> usize {
        self.count.get()
    }

    /// What it printed; anything but success is a failure.
    pub(super) async fn done(&self, line: &str) -> Outcome<String> {
        let said = self.run(line, &[]).await?;
        check(said.code == 0, || format!("`pangolin {line}` ended with {}: {}", said.code, said.err.trim()))?;
        Ok(said.out)
    }

    /// The same as a JSON value.
    pub(super) async fn json(&self, line: &str) -> Outcome<Value> {
        let out = self.done(&format!("{line} --output json")).await?;
        serde_json::from_str(&out).attempt(format!("read what `pangolin {line}` printed as JSON"))
    }

    /// Fails unless it ends with this code and says this.
    pub(super) async fn fails(&self, line: &str, variables: &[(&str, String)], code: i32, says: &str) -> Outcome {
        let said = self.run(line, variables).await?;
        check(said.code == code && said.err.contains(says), || format!("`pangolin {line}`: {said:?}"))
    }

    /// Runs one to its end. Arguments are separated by spaces, and have none.
    pub(super) async fn run(&self, line: &str, variables: &[(&str, String)]) -> Outcome<Said> {
        let output = self.command(line, variables).output().await.attempt("run pangolin")?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).attempt("read what pangolin printed");
        let code = output.status.code().ok_or_else(|| Failure::new(format!("`pangolin {line}` was killed")))?;
        let said = Said { code, out: text(output.stdout)?, err: text(output.stderr)? };
        for printed in [&said.out, &said.err] {
            check(!printed.contains(TOKEN), || format!("`pangolin {line}` printed a token"))?;
            check(!printed.contains('\u{1b}'), || format!("`pangolin {line}` coloured what is no terminal"))?;
            check(!printed.contains("panicked"), || format!("`pangolin {line}` panicked"))?;
        }
        Ok(said)
    }

    /// With nothing of the person's own settings.
    pub(super) fn command(&self, line: &str, variables: &[(&str, String)]) -> Command {
        self.count.set(self.count.get() + 1);
        let mut command = Command::new(&self.program);
        command.args(line.split_whitespace()).env_clear().env("HOME", &self.home).current_dir("/");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}
