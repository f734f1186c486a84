//! The state directory: who has it, in which format it is, and what was admitted.
//!
//! ```text
//! format        the number of this layout
//! lock          held while a cargo dev runs
//! objects.json  the resources as they were admitted last, each with its uid
//! secrets/      NAME/{token,uri,expires-at,warehouse}, and a file an engine, mode 0600
//! server/       one folder a Catalog: database, keys, log, mode 0700
//! …             tables of file://./ locations
//! ```

mod error;
mod lock;
mod objects;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use error::StateError;
pub(crate) use objects::{Objects, Stored};
pub(crate) use write::{private_directory, private_file};

/// The layout that this program writes.
const FORMAT: u32 = 1;

/// What lies directly in the state directory and is no table.
pub(crate) const RESERVED: [&str; 5] = ["format", "lock", "objects.json", "secrets", "server"];

/// An open state directory. Nobody else has it.
#[derive(Debug)]
pub(crate) struct StateDir {
    /// Absolute, links resolved.
    path: PathBuf,
    _lock: fs::File,
}

impl StateDir {
    /// Opens the directory, and makes it if it is not there.
    ///
    /// # Errors
    /// [`StateError`]; each says what to do.
    pub(crate) fn open(path: &Path) -> Result<Self, StateError> {
        fs::create_dir_all(path).map_err(StateError::write(path))?;
        let path = fs::canonicalize(path).map_err(StateError::write(path))?;
        fits_into_a_url(&path)?;
        let lock = lock::take(&path)?;
        check_format(&path)?;
        private_directory(&path.join("server"))?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path as text, as it stands in locations.
    pub(crate) fn root(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// The server's log of the last run.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("server").join("server.log")
    }

    /// The folder for a Catalog's server, made if it is not there.
    ///
    /// # Errors
    /// [`StateError::Write`].
    pub(crate) fn server(&self, namespace: &str, name: &str) -> Result<PathBuf, StateError> {
        // No name of an object has an underscore, so two Catalogs never share a folder.
        let path = self.path.join("server").join(format!("{namespace}_{name}"));
        private_directory(&path)?;
        Ok(path)
    }
}

/// Locations of tables begin with this path, and a URL has no place for some characters.
fn fits_into_a_url(path: &Path) -> Result<(), StateError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "?#%\\".contains(c);
    match path.to_str() {
        Some(text) if !text.contains(bad) => Ok(()),
        _ => Err(StateError::Path { path: path.into() }),
    }
}

fn check_format(state: &Path) -> Result<(), StateError> {
    let path = state.join("format");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return write::file(&path, format!("{FORMAT}\n").as_bytes());
        }
        Err(cause) => return Err(StateError::Read { path, cause }),
    };
    match text.trim().parse::<u32>() {
        Ok(FORMAT) => Ok(()),
        Ok(found) if found > FORMAT => Err(StateError::Newer { path: state.into(), found, known: FORMAT }),
        _ => Err(StateError::Foreign { path: state.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_opened_again_but_not_twice_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = StateDir::open(&path).unwrap();
        assert!(matches!(StateDir::open(&path), Err(StateError::Locked { .. })));
        drop(first);
        StateDir::open(&path).unwrap();
    }

    #[test]
    fn a_newer_format_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("format"), "2\n").unwrap();
        let error = StateDir::open(folder.path()).unwrap_err();
        assert!(matches!(error, StateError::Newer { found: 2, .. }), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("format")).unwrap(), "2\n");
    }

    #[test]
    fn a_format_that_is_no_number_is_foreign() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("format"), "tar\n").unwrap();
        assert!(matches!(StateDir::open(folder.path()), Err(StateError::Foreign { .. })));
    }

    #[test]
    fn a_path_that_fits_into_no_url_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(StateDir::open(&folder.path().join("my lake")), Err(StateError::Path { .. })));
    }
}
