//! Why a server could not start: each tells a person what to change.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::CertificateError;
use crate::auth::AdminHashesError;
use crate::seal::SealError;
use crate::storage::SetupError;

/// The reason is the source.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has the port.
    #[error("cannot listen on {address}: another program uses this port; stop it or choose another port")]
    PortInUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The SQLite file cannot be used: not writable, or migrated by a newer build.
    #[error("cannot use the database")]
    Sqlite(#[from] store_sqlite::OpenError),
    /// The URL or the schema of the Postgres database cannot be used.
    #[error("cannot use the settings of the database")]
    Postgres(#[from] migrations::MigrationError),
    /// A file that the settings name cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The admin hashes cannot be read.
    #[error("cannot use the admin hashes")]
    AdminHashes(#[from] AdminHashesError),
    /// The sealing keys cannot be read.
    #[error("cannot use the sealing keys")]
    Seal(#[from] SealError),
    /// The certificate of the clients' port cannot be used.
    #[error("cannot use the certificate")]
    Certificate(#[from] CertificateError),
    /// The TLS library refuses its settings.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The settings of the storage make no sense.
    #[error("cannot set up the storage")]
    Storage(#[from] SetupError),
}

impl StartError {
    pub(super) fn listen(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortInUse { address },
            _ => Self::Listen { address, source },
        }
    }
}
