//! Files that are whole or not there.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use super::StateError;

/// Writes a file that others may read.
pub(super) fn file(path: &Path, content: &[u8]) -> Result<(), StateError> {
    replace(path, content, 0o644)
}

/// Writes a file that its owner alone may read. A reader sees the old content or the new one, never a part.
pub(crate) fn private_file(path: &Path, content: &[u8]) -> Result<(), StateError> {
    replace(path, content, 0o600)
}

/// Makes a directory that its owner alone may enter, and its parents.
pub(crate) fn private_directory(path: &Path) -> Result<(), StateError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StateError::write(path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(StateError::write(path))
}

fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), StateError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.new"));
    let written = || {
        // One that a crash left behind may have another mode.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    written().map_err(StateError::write(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_its_owners_alone_even_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets/a/token");
        private_directory(path.parent().unwrap()).unwrap();
        fs::write(path.with_file_name(".token.new"), "half").unwrap();
        private_file(&path, b"one").unwrap();
        private_file(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
