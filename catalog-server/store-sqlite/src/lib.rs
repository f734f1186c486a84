//! The catalog's store on SQLite, for one server process.
//!
//! One connection writes, a few read (WAL). `BEGIN IMMEDIATE` is the lock of every change and comes first, so that what
//! a change has read cannot move before it is written. `synchronous = FULL`: an answered commit survives a power cut.
//! A statement is a function call here, so that loops of prepared statements take the place of arrays.

mod access;
mod changes;
mod commit;
mod error;
mod health;
mod history;
mod idempotency;
mod intents;
#[cfg(test)]
mod plans;
mod purges;
mod refs;
mod retention;
mod row;
mod tokens;
mod tree;
mod visibility;
mod warehouses;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::watch;

use catalog_store::Result;
use error::{in_commit, refused};

/// Waiting for a connection or for another process' lock ends after this.
const PATIENCE: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// A store in one file (and its `-wal` and `-shm`). Clones share the connections.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Wakes those who follow the feed.
    told: watch::Sender<()>,
}

/// Why a file could not be opened as a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read and written.
    #[error("could not open the database {}", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: sqlx::Error,
    },
    /// The file holds no schema that this build can bring to its own: a newer build's, or another program's.
    #[error("could not bring the database {} to this build's schema", path.display())]
    Migrate {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: migrations::MigrationError,
    },
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings it to this build's schema.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be written, is no SQLite database, or was migrated by a newer build; then
    /// nothing in it is changed.
    pub async fn open(path: &Path) -> std::result::Result<Self, OpenError> {
        let failed = |source| OpenError::Open { path: path.to_owned(), source };
        create_private(path).map_err(|error| failed(sqlx::Error::Io(error)))?;
        let writer = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE);
        let readers = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).pragma("query_only", "ON");
        let writer = pool(1).connect_with(writer).await.map_err(failed)?;
        migrations::sqlite::migrate(&writer)
            .await
            .map_err(|source| OpenError::Migrate { path: path.to_owned(), source })?;
        let readers = pool(READERS).connect_with(readers).await.map_err(failed)?;
        Ok(Self { writer, readers, told: watch::Sender::new(()) })
    }

    /// Closes all connections, which folds the write-ahead log into the file. Later calls answer `Unavailable`.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a change: the lock, before anything is read.
    async fn change(&self) -> Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(refused)
    }

    /// Ends a change that has written to the feed.
    async fn tell(&self, change: Transaction<'static, Sqlite>) -> Result<()> {
        finish(change).await?;
        self.told.send_replace(());
        Ok(())
    }

    /// Begins to read several statements' worth of one and the same state.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        self.readers.begin().await.map_err(refused)
    }
}

/// Ends a change.
async fn finish(change: Transaction<'static, Sqlite>) -> Result<()> {
    change.commit().await.map_err(in_commit)
}

/// Creates the file for its owner alone if it does not exist: it holds hashes of tokens and sealed credentials. SQLite gives
/// its `-wal` and `-shm` the same mode.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

fn pool(connections: u32) -> PoolOptions<Sqlite> {
    PoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| Box::pin(is_clean(connection)))
}

/// A full disk makes SQLite roll back by itself. The driver's own rollback then fails, and it would go on to think that
/// the connection is in a transaction and refuse every later one: such a connection is closed.
async fn is_clean(connection: &mut SqliteConnection) -> std::result::Result<bool, sqlx::Error> {
    // Whatever a dropped transaction has queued comes before this.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_commit_is_flushed_and_readers_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&dir.path().join("catalog.db")).await.unwrap();
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&store.writer).await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&store.writer).await.unwrap();
        let foreign_keys: bool = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&store.writer).await.unwrap();
        assert_eq!((mode.as_str(), synchronous, foreign_keys), ("wal", 2, true));
        let written = sqlx::query("UPDATE feed SET id = 7").execute(&store.readers).await;
        assert!(written.is_err());
    }
}
