//! PgBouncer in front of a Postgres, as an administrator sets it up who ignores the startup parameters that it refuses.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::child::{Child, Output};
use super::port;
use super::postgres::{Access, give_to_its_user};
use crate::failure::{Attempt, Outcome, check};
use crate::needs::{pgbouncer, postgres as programs};

const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// When a connection to Postgres is free for the next client.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// When the client leaves.
    Session,
    /// After each transaction.
    Transaction,
}

/// The process and its settings.
pub(crate) struct Pgbouncer {
    // Dropped first.
    process: Child,
    _home: TempDir,
    port: u16,
}

impl Pgbouncer {
    /// Starts it on `port`, with its log in `log`.
    pub(crate) async fn start(postgres: &Access, mode: Mode, port: u16, log: &Path) -> Outcome<Self> {
        let home = TempDir::with_prefix("pangolin-pgbouncer-").attempt("make a folder for pgbouncer")?;
        let (settings, users) = (home.path().join("pgbouncer.ini"), home.path().join("users"));
        let mode = match mode {
            Mode::Session => "session",
            Mode::Transaction => "transaction",
        };
        let ini = format!(
            "[databases]\n* = host={address} port={}\n[pgbouncer]\nlisten_addr={address}\nlisten_port={port}\n\
             unix_socket_dir=\nauth_type=scram-sha-256\nauth_file={}\npool_mode={mode}\ndefault_pool_size=60\n\
             max_client_conn=200\nignore_startup_parameters=options\n",
            postgres.port(),
            users.display(),
            address = Ipv4Addr::LOCALHOST,
        );
        fs::write(&settings, ini).attempt("write pgbouncer's settings")?;
        fs::write(&users, postgres.pgbouncer_user()).attempt("write pgbouncer's users")?;
        give_to_its_user(&[home.path(), &settings, &users]).await?;
        // It refuses to run as root, as Postgres does.
        let mut command = programs::command(&pgbouncer::program().await?).await?;
        let process = Child::start("pgbouncer", command.arg(&settings).current_dir(home.path()), Output::Log(log))?;
        let mut started = Self { process, _home: home, port };
        started.wait_until_it_listens().await?;
        Ok(started)
    }

    /// As [`Self::start`], on a free port.
    pub(crate) async fn on_free_port(postgres: &Access, mode: Mode, log: &Path) -> Outcome<Self> {
        Self::start(postgres, mode, port::free()?, log).await
    }

    /// Ends it, and starts one in another mode on the same port.
    pub(crate) async fn change(mut self, postgres: &Access, mode: Mode, log: &Path) -> Outcome<Self> {
        self.process.kill()?;
        Self::start(postgres, mode, self.port, log).await
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    async fn wait_until_it_listens(&mut self) -> Outcome {
        let deadline = Instant::now() + STARTS_WITHIN;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_err() {
            self.process.must_run()?;
            check(Instant::now() < deadline, || "pgbouncer did not listen in time".to_owned())?;
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
