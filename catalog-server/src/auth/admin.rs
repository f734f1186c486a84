//! Who is the operator: hashes of its tokens, from a file that the platform mounts (CONTRACT §2, bootstrap).

use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use catalog_api::TokenHash;

/// The hashes that are valid now: two while the operator rotates. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct AdminHashes {
    hashes: Arc<RwLock<Vec<TokenHash>>>,
}

/// Why the file could not be used. Never quotes it.
#[derive(Debug, thiserror::Error)]
pub enum AdminHashesError {
    /// It could not be read.
    #[error("cannot read the admin hashes in {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("line {line} of the admin hashes in {path} is not 64 hexadecimal digits")]
    Line {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
    },
}

impl AdminHashes {
    /// True if a token of this hash is the operator's.
    #[must_use]
    pub fn contains(&self, hash: &TokenHash) -> bool {
        // Each comparison takes the same time, and so does the whole.
        self.hashes.read().unwrap_or_else(PoisonError::into_inner).iter().fold(false, |found, h| found | (h == hash))
    }

    /// Reads the file anew. If that fails, what was read before holds on.
    ///
    /// # Errors
    /// [`AdminHashesError`].
    pub fn reload(&self, path: &Path) -> Result<(), AdminHashesError> {
        let shown = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|source| AdminHashesError::File { path: shown.clone(), source })?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let hashes = lines
            .map(|(i, line)| {
                let wrong = AdminHashesError::Line { path: shown.clone(), line: i + 1 };
                TokenHash::from_hex(line.trim()).ok_or(wrong)
            })
            .collect::<Result<Vec<_>, _>>()?;
        *self.hashes.write().unwrap_or_else(PoisonError::into_inner) = hashes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use catalog_api::BearerToken;

    use super::*;

    #[test]
    fn the_file_is_read_again_and_a_bad_one_changes_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (old, new) = (BearerToken::generate().unwrap(), BearerToken::generate().unwrap());
        let admins = AdminHashes::default();
        std::fs::write(file.path(), format!("{}\n{}\n", old.hash(), new.hash())).unwrap();
        admins.reload(file.path()).unwrap();
        assert!(admins.contains(&old.hash()) && admins.contains(&new.hash()));
        std::fs::write(file.path(), format!("{}\n", new.hash())).unwrap();
        admins.reload(file.path()).unwrap();
        assert!(!admins.contains(&old.hash()));
        std::fs::write(file.path(), "hunter2\n").unwrap();
        let error = admins.reload(file.path()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
        assert!(admins.contains(&new.hash()));
    }
}
