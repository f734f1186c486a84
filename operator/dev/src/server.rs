//! The Catalog's server, in this process, and the door to its management API.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_api::BearerToken;
use catalog_client::{Client, Retries};
use catalog_server::settings::Database;
use catalog_server::{Running, Sealer, Settings, StartError};
use operator::catalog::{ServerSettings, Validated};

use crate::state::{RESERVED, StateDir, StateError, private_file};

/// How long requests in work may go on after Ctrl-C.
const GRACE: Duration = Duration::from_secs(5);

/// A server that runs, for one Catalog.
pub(crate) struct Server {
    pub(crate) client: Client,
    /// The address for clients, without a slash at its end.
    pub(crate) uri: String,
    /// Health and metrics.
    pub(crate) platform_uri: String,
    /// Only this machine can reach it.
    pub(crate) private: bool,
    pub(crate) settings: ServerSettings,
    /// The Catalog's uid.
    pub(crate) catalog: String,
    pub(crate) admin: BearerToken,
    running: Running,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error("the port of {0} is in use: stop the program that has it, or choose another with --listen")]
    PortInUse(SocketAddr),
    #[error("cannot start the catalog server")]
    Start(#[source] StartError),
    #[error("cannot reach the catalog server")]
    Client(#[from] catalog_client::Error),
}

/// What a server is started with beside the Catalog's own settings.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) listen: SocketAddr,
    /// Directories beside the state directory that tables may lie in.
    pub(crate) file_roots: Vec<PathBuf>,
}

impl Server {
    /// Starts the server of a Catalog. Its database, its keys and its admin token are made if they are not there.
    ///
    /// # Errors
    /// [`ServerError`].
    pub(crate) async fn start(
        state: &StateDir,
        place: &Place,
        catalog: &Validated,
        settings: &ServerSettings,
    ) -> Result<Self, ServerError> {
        let folder = state.server(&catalog.namespace, &catalog.name)?;
        let admin = admin_token(&folder)?;
        let settings_of_server = server_settings(state, place, &folder, &admin, settings)?;
        let running = catalog_server::start(settings_of_server).await.map_err(|error| match error {
            StartError::PortInUse { address } => ServerError::PortInUse(address),
            error => ServerError::Start(error),
        })?;
        let uri = format!("http://{}", reachable(running.client_address));
        let platform_uri = format!("http://{}", reachable(running.platform_address));
        Ok(Self {
            // The session has its own schedule.
            client: Client::builder(&uri, admin.clone()).retries(Retries::NONE).build()?,
            uri,
            platform_uri,
            private: running.client_address.ip().is_loopback(),
            settings: settings.clone(),
            catalog: catalog.uid.clone(),
            admin,
            running,
        })
    }

    /// Ends the server after what it has begun.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}

fn server_settings(
    state: &StateDir,
    place: &Place,
    folder: &Path,
    admin: &BearerToken,
    settings: &ServerSettings,
) -> Result<Settings, StateError> {
    let admin_hashes = folder.join("admin-hashes");
    private_file(&admin_hashes, format!("{}\n", admin.hash()).as_bytes())?;
    // The level of the log and the external address are this program's and the clients' matter.
    let ServerSettings { metadata_cache_bytes, log_level: _, allowed_endpoints, external_uri: _ } = settings.clone();
    let mut file_roots = vec![state.path().to_owned()];
    file_roots.extend(place.file_roots.iter().cloned());
    Ok(Settings {
        listen: place.listen,
        platform_listen: (Ipv4Addr::LOCALHOST, 0).into(),
        database: Database::Sqlite { path: folder.join("catalog.db") },
        admin_hashes_file: Some(admin_hashes),
        seal_key_file: Some(seal_key(folder)?),
        allow_file_root: file_roots,
        // `--allow-location` may name a directory above the state directory, such as file:///tmp/.
        deny_file_root: RESERVED.iter().map(|name| state.path().join(name)).collect(),
        allowed_endpoints,
        metadata_cache_bytes,
        shutdown_grace: GRACE,
        ..Settings::default()
    })
}

/// The token of this program itself. It never leaves the folder.
fn admin_token(folder: &Path) -> Result<BearerToken, StateError> {
    let path = folder.join("admin-token");
    if let Some(token) = existing(&path)?.and_then(|text| BearerToken::parse(text.trim()).ok()) {
        return Ok(token);
    }
    let token = BearerToken::generate()?;
    private_file(&path, token.expose().as_bytes())?;
    Ok(token)
}

/// The file with the key that seals storage credentials. A lost key is no harm: every start says the credentials anew.
fn seal_key(folder: &Path) -> Result<PathBuf, StateError> {
    let path = folder.join("seal-key");
    if existing(&path)?.is_none() {
        private_file(&path, Sealer::generate()?.as_bytes())?;
    }
    Ok(path)
}

fn existing(path: &Path) -> Result<Option<String>, StateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(StateError::Read { path: path.into(), cause }),
    }
}

/// An address that a client on this machine can connect to.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    (ip, address.port()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_all_is_reached_at_the_loopback() {
        for (listen, reached) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:2", "[::1]:2"), ("10.0.0.1:3", "10.0.0.1:3")] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), reached);
        }
    }
}
