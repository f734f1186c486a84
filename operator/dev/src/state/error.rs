//! What can be wrong with a state directory. Each text is one line and ends with what to do; it holds the words of what
//! is behind it, so that there is no source to be printed again.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("cannot write {path}: {}; choose a place that is writable with --state-dir", reason(cause))]
    Write { path: PathBuf, cause: io::Error },
    #[error("cannot read {path}: {}", reason(cause))]
    Read { path: PathBuf, cause: io::Error },
    #[error(
        "{path} is the state of a newer version of this program (format {found}, this one knows {known}): update this \
         program, or choose another --state-dir"
    )]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("{path} holds a file `format` that this program did not write: choose another --state-dir")]
    Foreign { path: PathBuf },
    #[error("another cargo dev{} is using {path}: stop it, or choose another --state-dir", process(*.pid))]
    Locked { path: PathBuf, pid: Option<u32> },
    #[error(
        "the path {path:?} cannot stand in a table's location, since it holds a space or one of ? # % \\: choose \
         another --state-dir"
    )]
    Path { path: PathBuf },
    #[error("{path} is damaged ({reason}): restore it from a copy, or choose another --state-dir")]
    Damaged { path: PathBuf, reason: String },
    #[error("--allow-location file://{path}: {}; make it first", reason(cause))]
    Allowed { path: PathBuf, cause: io::Error },
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl StateError {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }
}

/// The system's words alone, without `(os error 30)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

fn process(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
