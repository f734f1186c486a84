//! Our `catalog-server` as a child process.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use catalog_api::BearerToken;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::child::{Child, Output, Signal};
use super::memory_limit::MemoryLimit;
use super::port;
use super::s3::Access;
use crate::chance;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Files in the server's folder.
const SETTINGS: &str = "settings.yaml";
const ADMIN_HASHES: &str = "admin-hashes";
const SEAL_KEY: &str = "seal-key";

/// The server's own default, in bytes.
const METADATA_CACHE: u64 = 128 << 20;

/// What the server keeps its rows in.
pub(crate) enum Database {
    /// A file in the server's folder.
    Sqlite,
    /// The URL of a database that is migrated already. It holds the password.
    Postgres(String),
    /// The same in another schema than the default.
    Schema {
        /// The URL, with the password.
        url: String,
        /// The schema's name.
        schema: String,
    },
}

/// How the server may reach buckets.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    /// The endpoints that warehouses may name.
    pub(crate) endpoints: Vec<String>,
    /// For one call, repetitions included.
    pub(crate) timeout: &'static str,
}

impl Buckets {
    /// All that one store has.
    pub(crate) fn of(s3: &Access) -> Self {
        Self { endpoints: vec![s3.endpoint()], ..Self::NONE }
    }

    /// As the server is without a word about it.
    pub(crate) const NONE: Self = Self { endpoints: Vec::new(), timeout: "20s" };
}

/// The server, its settings, and its process while it runs.
pub(crate) struct Server {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    platform_port: u16,
    uri: String,
    platform_uri: String,
    admin: BearerToken,
    database: Database,
    buckets: Buckets,
    /// Between two sweeps.
    sweeps: &'static str,
    orphan_grace: &'static str,
    /// How long what was there counts as seen.
    retained: &'static str,
    /// Where `file://` may lead, beside the server's own folder.
    file_roots: Vec<PathBuf>,
    /// The cgroup that it runs in, if not in ours.
    within: Option<PathBuf>,
    metadata_cache: u64,
    child: Option<Child>,
}

impl Server {
    /// Writes the server's files into `folder`, starts it, and waits until it is ready.
    pub(crate) async fn start(lab: &Lab, folder: &Path, database: Database) -> Outcome<Self> {
        Self::start_with_buckets(lab, folder, database, Buckets::NONE).await
    }

    /// As [`Self::start_with_buckets`], but it does not sweep every second.
    pub(crate) async fn as_deployed(lab: &Lab, folder: &Path, database: Database, buckets: Buckets) -> Outcome<Self> {
        Self::launch(lab, folder, database, buckets, "1h").await
    }

    /// As [`Self::start`], with a way to buckets.
    pub(crate) async fn start_with_buckets(
        lab: &Lab,
        folder: &Path,
        database: Database,
        buckets: Buckets,
    ) -> Outcome<Self> {
        Self::launch(lab, folder, database, buckets, "1s").await
    }

    async fn launch(
        lab: &Lab,
        folder: &Path,
        database: Database,
        buckets: Buckets,
        sweeps: &'static str,
    ) -> Outcome<Self> {
        let admin = BearerToken::generate().attempt("generate the admin's token")?;
        secret_file(&folder.join(ADMIN_HASHES), &admin.hash().to_string())?;
        // 64 hexadecimal digits.
        secret_file(&folder.join(SEAL_KEY), &format!("e2e:{}{}\n", chance::secret(), chance::secret()))?;
        let program = lab.programs.path("catalog-server");
        let mut server = Self::with(program, folder, admin, database, buckets, sweeps)?;
        server.write_settings()?;
        server.start_again().await?;
        Ok(server)
    }

    /// One that does not run, with ports of its own and the settings that most cases have.
    fn with(
        program: PathBuf,
        folder: &Path,
        admin: BearerToken,
        database: Database,
        buckets: Buckets,
        sweeps: &'static str,
    ) -> Outcome<Self> {
        let (port, platform_port) = (port::free()?, port::free()?);
        Ok(Self {
            program,
            folder: folder.to_owned(),
            port,
            platform_port,
            uri: format!("http://127.0.0.1:{port}"),
            platform_uri: format!("http://127.0.0.1:{platform_port}"),
            admin,
            database,
            buckets,
            sweeps,
            orphan_grace: "24h",
            retained: "0s",
            file_roots: Vec::new(),
            within: None,
            metadata_cache: METADATA_CACHE,
            child: None,
        })
    }

    /// A further replica of this one in a folder of its own, with its secrets and the folders that it may use, which
    /// reaches the same Postgres by this URL.
    pub(crate) async fn replica(&self, folder: &Path, url: String) -> Outcome<Self> {
        fs::create_dir_all(folder).attempt("make the replica's folder")?;
        for secret in [ADMIN_HASHES, SEAL_KEY] {
            let content = fs::read_to_string(self.folder.join(secret)).attempt(format!("read {secret}"))?;
            secret_file(&folder.join(secret), &content)?;
        }
        let (program, database) = (self.program.clone(), Database::Postgres(url));
        let with = Self::with(program, folder, self.admin.clone(), database, self.buckets.clone(), self.sweeps)?;
        let mut replica = Self {
            orphan_grace: self.orphan_grace,
            retained: self.retained,
            file_roots: [&self.folder].into_iter().chain(&self.file_roots).cloned().collect(),
            metadata_cache: self.metadata_cache,
            ..with
        };
        replica.write_settings()?;
        replica.start_again().await?;
        Ok(replica)
    }

    /// Starts it with the settings that it had, and waits until it is ready.
    pub(crate) async fn start_again(&mut self) -> Outcome {
        self.spawn()?;
        let rest = Rest::new(&self.platform_uri, None)?;
        let deadline = Instant::now() + STARTS_WITHIN;
        loop {
            self.must_run()?;
            let ready = rest.send(Method::GET, "/readyz", &Value::Null).await;
            if ready.is_ok_and(|answer| answer.status.is_success()) {
                return Ok(());
            }
            check(Instant::now() < deadline, || "catalog-server was not ready in time".to_owned())?;
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts its process with the settings that it had, and waits for nothing.
    pub(crate) fn spawn(&mut self) -> Outcome {
        let log = self.folder.join("server.log");
        self.child = Some(Child::start("catalog-server", &mut self.command(), Output::Log(&log))?);
        Ok(())
    }

    /// Fails if its process has ended.
    pub(crate) fn must_run(&mut self) -> Outcome {
        self.child.as_mut().map_or(Ok(()), Child::must_run)
    }

    fn command(&self) -> Command {
        let mut command = match &self.within {
            None => Command::new(&self.program),
            Some(door) => {
                // The shell goes in and becomes the server, which so is the process that we have started.
                let mut shell = Command::new("sh");
                shell.args(["-c", r#"echo $$ > "$0" && exec "$@""#]).arg(door).arg(&self.program);
                shell
            }
        };
        command.arg("serve").arg("--settings").arg(self.folder.join(SETTINGS));
        command
    }

    /// JSON, which is YAML, too.
    fn write_settings(&self) -> Outcome {
        let database = match &self.database {
            Database::Sqlite => json!({"sqlite": {"path": self.folder.join("catalog.sqlite")}}),
            Database::Postgres(url) => json!({"postgres": {"url_file": self.url_file(url)?}}),
            Database::Schema { url, schema } => {
                json!({"postgres": {"url_file": self.url_file(url)?, "schema": schema}})
            }
        };
        let file_roots: Vec<&PathBuf> = [&self.folder].into_iter().chain(&self.file_roots).collect();
        let settings = json!({
            "listen": format!("127.0.0.1:{}", self.port),
            "platform_listen": format!("127.0.0.1:{}", self.platform_port),
            "database": database,
            "admin_hashes_file": self.folder.join(ADMIN_HASHES),
            "seal_key_file": self.folder.join(SEAL_KEY),
            "allow_file_root": file_roots,
            "allowed_endpoints": self.buckets.endpoints,
            "storage_timeout": self.buckets.timeout,
            "metadata_cache_bytes": self.metadata_cache,
            "retention": {"age": self.retained},
            "sweeps": {
                "orphan_interval": self.sweeps,
                "orphan_grace": self.orphan_grace,
                "purge_interval": self.sweeps,
                "retention_interval": self.sweeps,
            },
        });
        let file = self.folder.join(SETTINGS);
        fs::write(&file, settings.to_string()).attempt(format!("write {}", file.display()))
    }

    fn url_file(&self, url: &str) -> Outcome<PathBuf> {
        let file = self.folder.join("database-url");
        secret_file(&file, url)?;
        Ok(file)
    }

    /// All that it has written to its log.
    pub(crate) fn log(&self) -> Outcome<String> {
        fs::read_to_string(self.folder.join("server.log")).attempt("read the server's log")
    }

    /// Fails if it has ended, or does not say that it lives.
    pub(crate) async fn must_live(&mut self) -> Outcome {
        self.must_run()?;
        let answer = Rest::new(&self.platform_uri, None)?.send(Method::GET, "/livez", &Value::Null).await?;
        answer.success("ask the server whether it lives").map(drop)
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> Outcome<u32> {
        self.child.as_ref().map(Child::id).ok_or_else(|| Failure::new("catalog-server does not run"))
    }

    /// SIGSTOP, or SIGCONT.
    pub(crate) fn sleep(&self, asleep: bool) -> Outcome {
        let child = self.child.as_ref().ok_or_else(|| Failure::new("catalog-server does not run"))?;
        child.signal(if asleep { Signal::Stop } else { Signal::Continue })
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) -> Outcome {
        self.child.take().map_or(Ok(()), |mut child| child.kill())
    }

    /// Restarts it so that its sweep removes every orphan file, however young: no writer may be at work.
    pub(crate) async fn sweep_at_once(&mut self) -> Outcome {
        self.kill()?;
        self.orphan_grace = "0s";
        self.write_settings()?;
        self.start_again().await
    }

    /// Restarts it so that what was there so long ago counts as seen.
    pub(crate) async fn retain(&mut self, age: &'static str) -> Outcome {
        self.kill()?;
        self.retained = age;
        self.write_settings()?;
        self.start_again().await
    }

    /// Restarts it so that `file://` may lead below one more directory.
    pub(crate) async fn allow_file_root(&mut self, root: &Path) -> Outcome {
        self.kill()?;
        self.file_roots.push(root.to_owned());
        self.write_settings()?;
        self.start_again().await
    }

    /// Restarts it with so many bytes for its metadata cache.
    pub(crate) async fn cache_metadata(&mut self, bytes: u64) -> Outcome {
        self.kill()?;
        self.metadata_cache = bytes;
        self.write_settings()?;
        self.start_again().await
    }

    /// Restarts it as another program, in a cgroup that limits its memory, with so many bytes for its metadata cache.
    pub(crate) async fn confine(&mut self, program: &Path, limit: &MemoryLimit, metadata_cache: u64) -> Outcome {
        self.kill()?;
        self.program = program.to_owned();
        self.within = Some(limit.door());
        self.metadata_cache = metadata_cache;
        self.write_settings()?;
        self.start_again().await
    }

    /// One of its counters by name and labels, as `/metrics` shows it; 0 if nothing was counted.
    pub(crate) async fn counter(&self, name: &str) -> Outcome<u64> {
        let text = Rest::new(&self.platform_uri, None)?.text("/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(Ok(0), |value| value.parse().attempt(format!("read {name}")))
    }

    /// Where clients go; no slash at the end.
    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    /// Where the platform goes.
    pub(crate) fn platform_uri(&self) -> &str {
        &self.platform_uri
    }

    /// The secret of the operator; never print it.
    pub(crate) fn admin_token(&self) -> &BearerToken {
        &self.admin
    }
}

/// A file that only its owner reads.
fn secret_file(path: &Path, content: &str) -> Outcome {
    fs::write(path, content).attempt(format!("write {}", path.display()))?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).attempt(format!("protect {}", path.display()))
}
