//! The server's log goes into a file, so that the terminal stays readable.

use std::fs::File;
use std::sync::Mutex;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

use crate::state::{StateDir, StateError};

/// The level of the log, which a Catalog may change.
#[derive(Debug)]
pub(crate) struct Level(reload::Handle<EnvFilter, Registry>);

impl Level {
    /// In the words of `tracing`.
    pub(crate) fn set(&self, level: &str) {
        // It fails only when the subscriber is gone.
        let _ = self.0.reload(filter(level));
    }
}

fn filter(level: &str) -> EnvFilter {
    let crates = ["catalog_server", "catalog_store", "catalog_client", "store_sqlite", "pangolin_dev"];
    EnvFilter::new(crates.iter().fold("warn".to_string(), |filter, name| format!("{filter},{name}={level}")))
}

/// Begins a new log.
///
/// # Errors
/// [`StateError::Write`].
pub(crate) fn begin(state: &StateDir) -> Result<Level, StateError> {
    let path = state.log();
    let file = File::create(&path).map_err(StateError::write(&path))?;
    let (filter, handle) = reload::Layer::new(filter("info"));
    let lines = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false);
    // A second subscriber can only be a test's.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(Level(handle))
}
