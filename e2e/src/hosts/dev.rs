//! `cargo dev`, as a newcomer starts it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::child::{Child, Output, Signal};
use super::port;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;

/// Cargo looks whether everything is built, before the program starts.
const STARTS_WITHIN: Duration = Duration::from_secs(120);
/// How long a token lives here, unless a case says otherwise.
const TTL: &str = "6s";
const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// A state directory and the program on it.
pub(crate) struct Dev {
    state: PathBuf,
    log: PathBuf,
    port: u16,
    ttl: &'static str,
    allow_locations: Vec<String>,
    child: Option<Child>,
}

impl Dev {
    /// Nothing runs yet. The state directory will be below `folder`.
    pub(crate) fn new(folder: &Path) -> Outcome<Self> {
        let (state, log) = (folder.join("state"), folder.join("dev.log"));
        Ok(Self { state, log, port: port::free()?, ttl: TTL, allow_locations: Vec::new(), child: None })
    }

    /// Tokens live so long.
    pub(crate) fn living(self, ttl: &'static str) -> Self {
        Self { ttl, ..self }
    }

    /// Tables may lie there, too.
    pub(crate) fn with(self, location: &str) -> Self {
        Self { allow_locations: vec![location.to_owned()], ..self }
    }

    /// Starts it on the README's example, and waits until it says what to try next: then all is there.
    pub(crate) async fn start(&mut self, lab: &Lab) -> Outcome {
        let said = self.said().map_or(0, |said| said.len());
        let mut command = lab.programs.cargo();
        command.args(["dev", "crds/examples/quickstart.yaml"]).arg("--state-dir").arg(&self.state);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port));
        for location in &self.allow_locations {
            command.arg("--allow-location").arg(location);
        }
        // Shorter than a user may ask for, so that a case sees rotations.
        command.env("PANGOLIN_DEV_TEST_TTL", self.ttl);
        let child = self.child.insert(Child::start("cargo dev", &mut command, Output::Log(&self.log))?);
        let deadline = Instant::now() + STARTS_WITHIN;
        while !fs::read_to_string(&self.log).attempt("read what cargo dev says")?[said..].contains("\nNext: ") {
            child.must_run()?;
            check(Instant::now() < deadline, || "cargo dev was not ready in time".to_owned())?;
            sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// Ctrl-C; it must end by itself and without an error.
    pub(crate) async fn stop(&mut self) -> Outcome {
        let mut child = self.child.take().ok_or_else(|| Failure::new("cargo dev is not running"))?;
        child.signal(Signal::Interrupt)?;
        let status = child.wait(STOPS_WITHIN).await?;
        check(status.success(), || format!("cargo dev ended with {status} after Ctrl-C"))
    }

    /// The folder of a token's files; they must be for their owner's eyes only.
    pub(crate) fn secrets(&self, token: &str) -> Outcome<PathBuf> {
        let folder = self.state.join("secrets").join(token);
        let engines = ["pyiceberg.yaml", "spark-defaults.conf", "duckdb.sql", "env"];
        for file in engines.into_iter().chain(["token", "uri", "expires-at", "warehouse"]) {
            let path = folder.join(file);
            let mode = fs::metadata(&path).attempt(format!("look at {}", path.display()))?.permissions().mode() & 0o777;
            check(mode == 0o600, || format!("{} has mode {mode:o}", path.display()))?;
        }
        Ok(folder)
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> Outcome<String> {
        fs::read_to_string(&self.log).attempt("read what cargo dev said")
    }

    /// Where clients find the server.
    pub(crate) fn uri(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
