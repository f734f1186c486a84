//! What a Token's reader holds: the files in `secrets/NAME`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use catalog_api::BearerToken;
use operator::token::Files;

use crate::desired::{Key, NAMESPACE};
use crate::state::{StateDir, StateError, private_directory, private_file};

/// The name under which PyIceberg looks for its configuration in `$PYICEBERG_HOME`.
const PYICEBERG_HOME_FILE: &str = ".pyiceberg.yaml";

/// A Token's folder.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    folder: PathBuf,
}

impl Reader {
    /// Of a Token in the default namespace the folder has the Token's name, else also the namespace's. No name of an
    /// object has an underscore.
    pub(crate) fn new(state: &StateDir, token: &Key) -> Self {
        let Key { kind: _, namespace, name } = token;
        let folder = if namespace == NAMESPACE { name.clone() } else { format!("{namespace}_{name}") };
        Self { folder: state.path().join("secrets").join(folder) }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The token that is in the files now; `None` if there is none that is whole.
    pub(crate) fn held(&self) -> Option<BearerToken> {
        let text = fs::read_to_string(self.folder.join("token")).ok()?;
        BearerToken::parse(text.trim()).ok()
    }

    /// Writes what differs, each file at once as a whole, and removes what does not belong there any more. A reader
    /// that comes in between finds files of two tokens, which are both good.
    ///
    /// # Errors
    /// [`StateError::Write`].
    pub(crate) fn write(&self, Files(files): &Files) -> Result<(), StateError> {
        private_directory(&self.folder)?;
        for (name, content) in files {
            let path = self.folder.join(name);
            if fs::read(&path).ok().as_deref() != Some(content.as_bytes()) {
                private_file(&path, content.as_bytes())?;
            }
        }
        for name in Files::NAMES.into_iter().filter(|name| !files.contains_key(name)) {
            remove(&self.folder.join(name))?;
        }
        let link = self.folder.join(PYICEBERG_HOME_FILE);
        match std::os::unix::fs::symlink("pyiceberg.yaml", &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(StateError::write(&link)(error)),
            _ => Ok(()),
        }
    }

    /// Removes the files that this program wrote, and the folder if nothing else is in it.
    ///
    /// # Errors
    /// [`StateError::Write`].
    pub(crate) fn remove(&self) -> Result<(), StateError> {
        for name in Files::NAMES.into_iter().chain([PYICEBERG_HOME_FILE]) {
            remove(&self.folder.join(name))?;
        }
        match fs::remove_dir(&self.folder) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {
                Err(StateError::write(&self.folder)(error))
            }
            _ => Ok(()),
        }
    }
}

fn remove(path: &Path) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StateError::write(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::Kind;
    use std::collections::BTreeMap;

    fn analyst(state: &StateDir) -> Reader {
        Reader::new(state, &Key { kind: Kind::Token, namespace: NAMESPACE.into(), name: "analyst".into() })
    }

    #[test]
    fn files_come_change_and_go_and_foreign_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let reader = analyst(&state);
        let token = BearerToken::generate().unwrap();
        let yaml = ("pyiceberg.yaml", "catalog:\n".to_string());
        let one =
            Files(BTreeMap::from([("token", token.expose().to_string()), ("warehouse", "lake".into()), yaml.clone()]));
        reader.write(&one).unwrap();
        assert_eq!(reader.held(), Some(token.clone()));
        assert_eq!(fs::read_to_string(reader.folder().join(".pyiceberg.yaml")).unwrap(), "catalog:\n");
        reader.write(&Files(BTreeMap::from([("token", token.expose().to_string()), yaml]))).unwrap();
        assert!(!reader.folder().join("warehouse").exists());
        fs::write(reader.folder().join("mine"), "x").unwrap();
        reader.remove().unwrap();
        assert_eq!(reader.held(), None);
        assert_eq!(fs::read_dir(reader.folder()).unwrap().count(), 1);
        fs::remove_file(reader.folder().join("mine")).unwrap();
        reader.remove().unwrap();
        assert!(!reader.folder().exists());
    }

    #[test]
    fn a_damaged_token_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let reader = analyst(&state);
        private_directory(reader.folder()).unwrap();
        fs::write(reader.folder().join("token"), "pgl_").unwrap();
        assert_eq!(reader.held(), None);
    }
}
