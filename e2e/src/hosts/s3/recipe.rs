//! How MinIO is run, wherever that is: the command is the caller's to run.

use std::path::Path;
use std::process::Command;

use super::access::Access;

/// The server on a folder. It looks at nothing of the person who runs us, and asks nobody for updates.
pub(crate) fn server(program: &Path, home: &Path, access: &Access) -> Command {
    let mut command = Command::new(program);
    command.args(["--quiet", "--certs-dir"]).arg(home.join("certs")).arg("server");
    command.args(["--address", &format!("{}:{}", access.address, access.port)]).arg(home.join("objects"));
    command.env("MINIO_ROOT_USER", &access.key_id).env("MINIO_ROOT_PASSWORD", &access.key);
    command.env("MINIO_BROWSER", "off").env("MINIO_UPDATE", "off");
    // It takes what it gets: without a limit more than 400 MiB.
    command.env("GOMEMLIMIT", "192MiB").env("HOME", home).current_dir(home);
    command
}
