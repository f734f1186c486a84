//! `catalog-server serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, logs};
use crate::settings::{Database, LogFormat, Settings, Tls, default_connections, default_schema};

/// Flags stand above the file.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Settings in YAML; unknown keys are refused
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Where clients connect [default: 127.0.0.1:8181]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The certificate that clients see, in PEM; without it they speak plain HTTP
    #[arg(long, value_name = "FILE", requires = "tls_key_file")]
    tls_cert_file: Option<PathBuf>,
    /// The certificate's private key
    #[arg(long, value_name = "FILE", requires = "tls_cert_file")]
    tls_key_file: Option<PathBuf>,
    /// Where the platform connects: /livez /readyz /metrics [default: 127.0.0.1:8182]
    #[arg(long, value_name = "ADDRESS")]
    platform_listen: Option<SocketAddr>,
    /// Keep the catalog in this SQLite file [default: catalog.sqlite]
    #[arg(long, value_name = "FILE", conflicts_with = "postgres_url_file")]
    sqlite: Option<PathBuf>,
    /// Keep the catalog in Postgres: the file that holds the URL
    #[arg(long, value_name = "FILE")]
    postgres_url_file: Option<PathBuf>,
    /// The schema in Postgres [default: pangolin]
    #[arg(long, requires = "postgres_url_file")]
    schema: Option<String>,
    /// SHA-256 of the admin tokens, a hexadecimal line each
    #[arg(long, value_name = "FILE")]
    admin_hashes_file: Option<PathBuf>,
    /// The keys that seal storage credentials, a line each: ID:64 hexadecimal digits
    #[arg(long, value_name = "FILE")]
    seal_key_file: Option<PathBuf>,
    /// Allow file:// below this directory; may be repeated
    #[arg(long, value_name = "DIRECTORY")]
    allow_file_root: Vec<PathBuf>,
    /// Allow warehouses to name this S3 endpoint; may be repeated
    #[arg(long, value_name = "URL")]
    allow_endpoint: Vec<String>,
    /// How a line of the log looks [default: json]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// What is logged, such as info or catalog_server=debug,info [default: info]
    #[arg(long, value_name = "FILTER")]
    log_level: Option<String>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
enum SettingsError {
    #[error("cannot read the settings in {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The text of the parser, which names line and key; settings hold no secrets.
    #[error("cannot use the settings in {}: {text}", path.display())]
    Parse { path: PathBuf, text: String },
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let settings = self.settings()?;
        logs::start(&settings.log)?;
        // Before the server starts, so that no signal is missed.
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let shutdown = async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        crate::serve_until(settings, shutdown).await?;
        Ok(())
    }

    fn settings(self) -> Result<Settings, SettingsError> {
        let Self {
            settings: file,
            listen,
            tls_cert_file,
            tls_key_file,
            platform_listen,
            sqlite,
            postgres_url_file,
            schema,
            admin_hashes_file,
            seal_key_file,
            allow_file_root,
            allow_endpoint,
            log_format,
            log_level,
        } = self;
        let mut settings = file.map(read).transpose()?.unwrap_or_default();
        set(&mut settings.listen, listen);
        let tls = tls_cert_file.zip(tls_key_file).map(|(cert_file, key_file)| Tls { cert_file, key_file });
        settings.tls = tls.or(settings.tls);
        set(&mut settings.platform_listen, platform_listen);
        set(&mut settings.database, sqlite.map(|path| Database::Sqlite { path }));
        let schema = schema.unwrap_or_else(default_schema);
        let max_connections = default_connections();
        let postgres = postgres_url_file.map(|url_file| Database::Postgres { url_file, schema, max_connections });
        set(&mut settings.database, postgres);
        settings.admin_hashes_file = admin_hashes_file.or(settings.admin_hashes_file);
        settings.seal_key_file = seal_key_file.or(settings.seal_key_file);
        settings.allow_file_root.extend(allow_file_root);
        settings.allowed_endpoints.extend(allow_endpoint);
        set(&mut settings.log.format, log_format);
        set(&mut settings.log.level, log_level);
        Ok(settings)
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

fn read(path: PathBuf) -> Result<Settings, SettingsError> {
    match std::fs::read_to_string(&path) {
        Err(source) => Err(SettingsError::Read { path, source }),
        Ok(text) => serde_saphyr::from_str(&text).map_err(|e| SettingsError::Parse { path, text: e.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        serve: Serve,
    }

    #[test]
    fn flags_stand_above_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "listen: 127.0.0.1:1\nallow_file_root: [/a]\nlog: {level: warn}\n").unwrap();
        let path = file.path().to_str().unwrap();
        let line = ["x", "--settings", path, "--listen", "127.0.0.1:2", "--allow-file-root", "/b", "--sqlite", "c"];
        let settings = Line::try_parse_from(line).ok().unwrap().serve.settings().unwrap();
        assert_eq!(settings.listen, "127.0.0.1:2".parse().unwrap());
        assert_eq!(settings.allow_file_root, [PathBuf::from("/a"), "/b".into()]);
        assert_eq!(settings.database, Database::Sqlite { path: "c".into() });
        assert_eq!(settings.log.level, "warn");
    }

    #[test]
    fn a_mistake_in_the_file_is_answered_with_the_file_and_the_key() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "lisen: 127.0.0.1:1\n").unwrap();
        let error = read(file.path().to_owned()).unwrap_err().to_string();
        assert!(error.contains("lisen") && error.contains(file.path().to_str().unwrap()), "{error}");
    }
}
