//! Images of one static program each, packed here, so that nothing need be pulled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::host::{Host, output};
use crate::failure::{Attempt, Outcome};

/// containerd's socket, which every host has in its private `/run`.
pub(super) const SOCKET: &str = "/run/containerd/containerd.sock";

/// A program that is to be an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image<'a> {
    /// How manifests and containerd call it: `localhost/NAME:TAG`.
    pub(crate) name: &'a str,
    /// It needs nothing but the kernel.
    pub(crate) program: &'a Path,
}

impl Image<'_> {
    /// Packs it in `folder` in the form of `docker save`; the path of the archive. It runs as nobody in particular.
    pub(super) fn pack(self, folder: &Path) -> Outcome<PathBuf> {
        let says = || format!("pack the image {}", self.name);
        fs::create_dir_all(folder).attempt(says())?;
        fs::copy(self.program, folder.join("program")).attempt(says())?;
        tar(folder, "layer.tar", &["program"])?;
        let layer = fs::read(folder.join("layer.tar")).attempt(says())?;
        let digest: String = Sha256::digest(&layer).iter().map(|byte| format!("{byte:02x}")).collect();
        let config = json!({
            "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
            "os": "linux",
            "config": {"Entrypoint": ["/program"], "User": "65532:65532"},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
        });
        let manifest = json!([{"Config": "config.json", "RepoTags": [self.name], "Layers": ["layer.tar"]}]);
        for (file, value) in [("config.json", config), ("manifest.json", manifest)] {
            fs::write(folder.join(file), value.to_string()).attempt(says())?;
        }
        tar(folder, "image.tar", &["manifest.json", "config.json", "layer.tar"])?;
        Ok(folder.join("image.tar"))
    }
}

/// Gives an archive to a host's containerd.
pub(super) fn import(host: &Host, archive: &Path) -> Outcome {
    let mut command = Command::new("ctr");
    command.args(["--address", SOCKET, "--namespace", "k8s.io", "images", "import"]).arg(archive);
    host.run("import an image", &command).map(drop)
}

/// The same bytes for the same files.
fn tar(folder: &Path, archive: &str, files: &[&str]) -> Outcome {
    let mut command = Command::new("tar");
    command.args(["--owner=0", "--group=0", "--mtime=@0", "--mode=0755", "-cf", archive]).args(files);
    output("pack an image", command.current_dir(folder)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_is_the_same_image() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("x");
        fs::write(&program, "text").expect("write");
        let image = Image { name: "localhost/x:1", program: &program };
        let [one, other] = ["1", "2"].map(|name| {
            let archive = image.pack(&folder.path().join(name)).expect("packed");
            fs::read(archive.with_file_name("config.json")).expect("read")
        });
        assert_eq!(one, other);
    }
}
