//! A private Postgres: own data folder, loopback and a private socket only, fsync on, gone with its handle.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::child::{Child, Output, Signal};
use super::port;
use crate::chance;
use crate::failure::{Attempt, Failure, Outcome};
use crate::needs::postgres as programs;

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// The running server.
pub(crate) struct Postgres {
    // Fields are dropped in this order: the process first, its folder after it.
    process: Child,
    port: u16,
    password: String,
    _home: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it; its log goes to `log`.
    pub(crate) async fn start(bin: &Path, log: &Path) -> Outcome<Self> {
        let home = TempDir::with_prefix("pangolin-postgres-").attempt("make a folder for Postgres")?;
        let password = chance::secret();
        let data = init(bin, home.path(), &password).await?;
        let port = port::free()?;
        let mut command = programs::command(&bin.join("postgres")).await?;
        command.arg("-D").arg(&data).args(settings(port, home.path()));
        let process = Child::start("postgres", command.current_dir(home.path()), Output::Log(log))?;
        let mut postgres = Self { process, port, password, _home: home };
        postgres.wait_until_it_answers().await?;
        Ok(postgres)
    }

    /// Where it listens on the loopback address.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database, through `port` (its own, or a proxy's). It holds the password: never print it.
    pub(crate) fn url(&self, database: &str, port: u16) -> String {
        format!("postgres://pangolin:{}@127.0.0.1:{port}/{database}?sslmode=disable", self.password)
    }

    /// A new empty database, whose URL it returns.
    pub(crate) async fn database(&self, name: &str) -> Outcome<String> {
        let mut connection = self.connect("postgres").await?;
        for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .attempt(format!("make the database {name}"))?;
        }
        Ok(self.url(name, self.port))
    }

    /// A connection of its own to a database.
    pub(crate) async fn connect(&self, database: &str) -> Outcome<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("pangolin")
            .password(&self.password)
            .database(database);
        options.disable_statement_logging().connect().await.attempt(format!("connect to the database {database}"))
    }

    async fn wait_until_it_answers(&mut self) -> Outcome {
        let deadline = Instant::now() + STARTS_WITHIN;
        loop {
            self.process.must_run()?;
            match self.connect("postgres").await {
                Ok(connection) => return connection.close().await.attempt("leave Postgres again"),
                Err(failure) if Instant::now() >= deadline => {
                    return Err(failure).attempt("wait for Postgres to answer");
                }
                Err(_not_yet) => sleep(Duration::from_millis(100)).await,
            }
        }
    }
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

/// `initdb` as the user that will run it; the password goes through a file that only that user can read.
async fn init(bin: &Path, home: &Path, password: &str) -> Outcome<PathBuf> {
    let secret = home.join("password");
    fs::write(&secret, password).attempt("write the password file")?;
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).attempt("protect the password file")?;
    let data = home.join("data");
    fs::create_dir(&data).attempt("make the data folder")?;
    give_to_its_user(&[home, &secret, &data]).await?;
    let mut command = programs::command(&bin.join("initdb")).await?;
    command.arg("-D").arg(&data).arg("--pwfile").arg(&secret);
    command.args(["-U", "pangolin", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-instructions"]);
    let output = Command::from(command).current_dir(home).stdin(Stdio::null()).output().await.attempt("run initdb")?;
    fs::remove_file(&secret).attempt("remove the password file")?;
    if output.status.success() {
        return Ok(data);
    }
    Err(Failure::new(format!(
        "initdb ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    )))
}

/// Root hands the folders to `postgres`; for anybody else they are right already.
async fn give_to_its_user(paths: &[&Path]) -> Outcome {
    if !crate::needs::quiet::is_root().await {
        return Ok(());
    }
    let (user, group) = (id("-u").await?, id("-g").await?);
    for path in paths {
        chown(path, Some(user), Some(group)).attempt(format!("give {} to postgres", path.display()))?;
    }
    Ok(())
}

async fn id(flag: &str) -> Outcome<u32> {
    let output = Command::new("id").args([flag, "postgres"]).output().await.attempt("look up the user postgres")?;
    String::from_utf8_lossy(&output.stdout).trim().parse().attempt("look up the user postgres")
}

/// Durable as in production (fsync stays on), small, and heard by this machine only.
fn settings(port: u16, home: &Path) -> Vec<String> {
    [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", home.display()),
        "max_connections=200".to_owned(),
        "shared_buffers=256MB".to_owned(),
        "log_line_prefix=%m [%p] %d ".to_owned(),
    ]
    .into_iter()
    .flat_map(|setting| ["-c".to_owned(), setting])
    .collect()
}
