//! A long-running program inside a host, with a log of its own. It outlives us; the host's end is its end.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::failure::{Attempt, Outcome};

/// A started program.
pub(crate) struct Daemon {
    name: String,
    log: PathBuf,
    process: Child,
}

impl Daemon {
    /// Starts it in a process group of its own, so that a Ctrl-C meant for us does not reach it.
    pub(crate) fn start(name: &str, mut command: Command, logs: &Path) -> Outcome<Self> {
        let log = logs.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log).attempt(format!("open {}", log.display()))?;
        let errors = file.try_clone().attempt(format!("open {}", log.display()))?;
        let process = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .attempt(format!("start {name}"))?;
        Ok(Self { name: name.to_owned(), log, process })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it writes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Its process, or that of the command that entered the host for it.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.process.try_wait().attempt(format!("look after {}", self.name))
    }
}
