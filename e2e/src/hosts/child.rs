//! A child process with a log file of its own, ended by its process id, together with what it started.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::failure::{Attempt, Failure, Outcome};

/// A running child; dropping it kills its process group.
pub(crate) struct Child {
    name: String,
    process: Process,
    /// Where to look when it fails; for a person.
    output: String,
}

/// Where a child's two outputs go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output<'a> {
    /// Appended to a file.
    Log(&'a Path),
    /// To our own.
    Shown,
}

/// The signals that the cases send.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// As Ctrl-C.
    Interrupt,
    /// Postgres: leave at once, children too.
    Quit,
    /// As the kernel's last word.
    Kill,
    /// Sleep until the next one.
    Stop,
    /// Go on.
    Continue,
}

impl Child {
    /// Starts `command` in a process group of its own, without input.
    pub(crate) fn start(name: &str, command: &mut Command, output: Output<'_>) -> Outcome<Self> {
        if let Output::Log(log) = output {
            let open =
                || File::options().create(true).append(true).open(log).attempt(format!("open {}", log.display()));
            command.stdout(open()?).stderr(open()?);
        }
        let process = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .attempt(format!("start {name} ({})", command.get_program().display()))?;
        let output = match output {
            Output::Log(log) => format!("its log is {}", log.display()),
            Output::Shown => "its output is above".to_owned(),
        };
        Ok(Self { name: name.to_owned(), process, output })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal to the child and what it started.
    pub(crate) fn signal(&self, signal: Signal) -> Outcome {
        let flag = match signal {
            Signal::Interrupt => "-INT",
            Signal::Quit => "-QUIT",
            Signal::Kill => "-KILL",
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        };
        let status = Command::new("kill")
            .args([flag, "--", &format!("-{}", self.process.id())])
            .stderr(Stdio::null())
            .status()
            .attempt(format!("signal {}", self.name))?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("{} is not there to be signalled", self.name))) }
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) -> Outcome {
        self.signal(Signal::Kill)?;
        self.process.wait().map(drop).attempt(format!("wait for {}", self.name))
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.process.try_wait().attempt(format!("look after {}", self.name))
    }

    /// Waits for its end until the deadline.
    pub(crate) async fn wait(&mut self, at_most: Duration) -> Outcome<ExitStatus> {
        let deadline = Instant::now() + at_most;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                return Err(Failure::new(format!("{} did not end within {} s", self.name, at_most.as_secs())));
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Fails if it has ended.
    pub(crate) fn must_run(&mut self) -> Outcome {
        match self.ended()? {
            None => Ok(()),
            Some(status) => Err(Failure::new(format!("{} ended early ({status}); {}", self.name, self.output))),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) && self.signal(Signal::Kill).is_ok() {
            let _gone = self.process.wait();
        }
    }
}
