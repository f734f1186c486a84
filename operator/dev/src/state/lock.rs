//! One program at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::Path;

use super::StateError;

/// Takes the lock of a state directory; the file that is returned holds it. The system lets it go with the process,
/// however that ends. The file names the process, for the message that the next one gets.
pub(super) fn take(state: &Path) -> Result<File, StateError> {
    let path = state.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = open.map_err(StateError::write(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
            return Err(StateError::Locked { path: state.into(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(StateError::write(&path)(error)),
    }
    let pid = std::process::id();
    file.set_len(0).and_then(|()| writeln!(file, "{pid}")).map_err(StateError::write(&path))?;
    Ok(file)
}
