//! A private MinIO: own folder, loopback only, gone with its handle.

mod access;
pub(crate) mod recipe;

use std::net::Ipv4Addr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

pub(crate) use access::{Access, REGION};

use super::child::{Child, Output};
use super::port;
use crate::failure::{Attempt, Outcome};

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// The running server, and the way to it.
pub(crate) struct S3 {
    // Fields are dropped in this order: the process first, its folder after it.
    process: Child,
    access: Access,
    program: PathBuf,
    log: PathBuf,
    home: TempDir,
}

impl Deref for S3 {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl S3 {
    /// Starts it on an empty folder; its log goes to `log`.
    pub(crate) async fn start(program: &Path, log: &Path) -> Outcome<Self> {
        let home = TempDir::with_prefix("pangolin-s3-").attempt("make a folder for MinIO")?;
        let access = Access::new(Ipv4Addr::LOCALHOST, port::free()?);
        let process = run(program, home.path(), &access, log).await?;
        Ok(Self { process, access, program: program.to_owned(), log: log.to_owned(), home })
    }

    /// Starts it again with other keys: those that were valid are not any more.
    pub(crate) async fn change_keys(&mut self) -> Outcome {
        self.process.kill()?;
        self.access = Access { port: self.access.port, ..Access::new(Ipv4Addr::LOCALHOST, 0) };
        self.process = run(&self.program, self.home.path(), &self.access, &self.log).await?;
        Ok(())
    }
}

async fn run(program: &Path, home: &Path, access: &Access, log: &Path) -> Outcome<Child> {
    let mut process = Child::start("minio", &mut recipe::server(program, home, access), Output::Log(log))?;
    let deadline = Instant::now() + STARTS_WITHIN;
    loop {
        process.must_run()?;
        match access.answers().await {
            Ok(()) => return Ok(process),
            Err(failure) if Instant::now() >= deadline => return Err(failure).attempt("wait for MinIO to answer"),
            Err(_not_yet) => sleep(Duration::from_millis(50)).await,
        }
    }
}
