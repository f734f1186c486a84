//! A private Postgres: own data folder, loopback and a private socket only, fsync on, gone with its handle.

mod access;
pub(crate) mod loader;
pub(crate) mod recipe;

use std::net::Ipv4Addr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub(crate) use access::{Access, SCHEMA, index};
pub(crate) use recipe::give_to_its_user;

use super::child::{Child, Output, Signal};
use super::port;
use crate::cluster::output;
use crate::failure::{Attempt, Outcome};

const STARTS_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// The running server, and the way to it.
pub(crate) struct Postgres {
    // Fields are dropped in this order: the process first, its folder after it.
    process: Child,
    access: Access,
    home: TempDir,
    bin: PathBuf,
    log: PathBuf,
}

impl Deref for Postgres {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl Postgres {
    /// Makes a cluster and starts it; its log goes to `log`.
    pub(crate) async fn start(bin: &Path, log: &Path) -> Outcome<Self> {
        let home = TempDir::with_prefix("pangolin-postgres-").attempt("make a folder for Postgres")?;
        let access = Access::new(Ipv4Addr::LOCALHOST, port::free()?);
        recipe::prepare(home.path(), &access).await?;
        output("run initdb", &mut recipe::initdb(bin, home.path()).await?)?;
        recipe::finish(home.path())?;
        let process = launch(bin, home.path(), &access, log).await?;
        let mut postgres = Self { process, access, home, bin: bin.to_owned(), log: log.to_owned() };
        postgres.wait_until_it_answers().await?;
        Ok(postgres)
    }

    /// Ends it as an administrator does who does not wait for its clients.
    pub(crate) async fn stop(&mut self) -> Outcome {
        self.process.signal(Signal::Interrupt)?;
        self.process.wait(STOPS_WITHIN).await.map(drop)
    }

    /// Starts it where it was, and waits until it answers.
    pub(crate) async fn start_again(&mut self) -> Outcome {
        self.process = launch(&self.bin, self.home.path(), &self.access, &self.log).await?;
        self.wait_until_it_answers().await
    }

    /// The process id of the first of its processes.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    async fn wait_until_it_answers(&mut self) -> Outcome {
        let deadline = Instant::now() + STARTS_WITHIN;
        loop {
            self.process.must_run()?;
            match self.access.answers().await {
                Ok(()) => return Ok(()),
                Err(failure) if Instant::now() >= deadline => {
                    return Err(failure).attempt("wait for Postgres to answer");
                }
                Err(_not_yet) => sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

async fn launch(bin: &Path, home: &Path, access: &Access, log: &Path) -> Outcome<Child> {
    Child::start("postgres", &mut recipe::server(bin, home, access).await?, Output::Log(log))
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The postmaster's own way to go at once: it takes its children and its shared memory along.
        if self.process.signal(Signal::Quit).is_ok() {
            for _ in 0..100 {
                if !matches!(self.process.ended(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}
