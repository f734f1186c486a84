//! PgBouncer: the one that is installed, else Debian's package.

use std::path::{Path, PathBuf};

use super::quiet;
use crate::failure::{Failure, Outcome};

/// Debian keeps it where only an administrator looks.
const PLACES: [&str; 3] = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];

/// The program. Installs Debian's package when there is none.
pub(crate) async fn program() -> Outcome<PathBuf> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    quiet::apt(&["pgbouncer"]).await?;
    installed().ok_or_else(|| Failure::new("Debian's pgbouncer is installed, but its program was not found"))
}

fn installed() -> Option<PathBuf> {
    PLACES.iter().map(Path::new).find(|place| place.exists()).map(Path::to_owned)
}
