//! Which database: the one place that knows the backends by name.

use std::path::Path;
use std::sync::Arc;

use catalog_store::CatalogStore;
use store_postgres::PostgresStore;
use store_sqlite::SqliteStore;
use zeroize::Zeroizing;

use super::StartError;
use crate::settings::Database;

/// An open database, kept to be closed.
pub(super) enum Backend {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Backend {
    /// SQLite is migrated here; Postgres is neither migrated nor even reached.
    pub(super) async fn open(database: &Database) -> Result<Self, StartError> {
        match database {
            Database::Sqlite { path } => Ok(Self::Sqlite(SqliteStore::open(path).await?)),
            Database::Postgres { url_file, schema, max_connections } => {
                let url = read_secret(url_file)?;
                let mut options = store_postgres::Options::new(url.as_str(), schema);
                options.max_connections = *max_connections;
                Ok(Self::Postgres(PostgresStore::connect(&options)?))
            }
        }
    }

    pub(super) fn store(&self) -> Arc<dyn CatalogStore> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store) => Arc::new(store.clone()),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// A file that holds one secret line.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, StartError> {
    let text = std::fs::read_to_string(path).map_err(|source| StartError::File { path: path.to_owned(), source })?;
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim().to_owned()))
}
