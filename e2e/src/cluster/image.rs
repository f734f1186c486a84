//! Gives images to a host's containerd.

use std::path::Path;
use std::process::Command;

use super::host::Host;
use crate::failure::Outcome;

/// containerd's socket, which every host has in its private `/run`.
pub(super) const SOCKET: &str = "/run/containerd/containerd.sock";

/// From an archive; a name that is there already is given to the new image.
pub(super) fn import(host: &Host, archive: &Path) -> Outcome {
    let mut command = Command::new("ctr");
    command.args(["--address", SOCKET, "--namespace", "k8s.io", "images", "import"]).arg(archive);
    host.run("import an image", &command).map(drop)
}
