//! The image of every pod's first container: one static program, packed here, so that nothing need be pulled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::host::output;
use crate::failure::{Attempt, Outcome};

/// How containerd knows it.
pub(super) const NAME: &str = "localhost/pause:1";

/// Packs the image in `folder` in the form of `docker save`; the path of the archive.
pub(super) fn pack(folder: &Path, program: &Path) -> Outcome<PathBuf> {
    fs::create_dir_all(folder).attempt("make a folder for the pause image")?;
    fs::copy(program, folder.join("pause")).attempt("copy the pause program")?;
    tar(folder, "layer.tar", &["pause"])?;
    let layer = fs::read(folder.join("layer.tar")).attempt("read the pause image's layer")?;
    let digest: String = Sha256::digest(&layer).iter().map(|byte| format!("{byte:02x}")).collect();
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        "os": "linux",
        "config": {"Entrypoint": ["/pause"], "User": "65535:65535"},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
    });
    let manifest = json!([{"Config": "config.json", "RepoTags": [NAME], "Layers": ["layer.tar"]}]);
    for (file, value) in [("config.json", config), ("manifest.json", manifest)] {
        fs::write(folder.join(file), value.to_string()).attempt("describe the pause image")?;
    }
    tar(folder, "pause.tar", &["manifest.json", "config.json", "layer.tar"])?;
    Ok(folder.join("pause.tar"))
}

fn tar(folder: &Path, archive: &str, files: &[&str]) -> Outcome {
    let mut command = Command::new("tar");
    command.args(["--owner=0", "--group=0", "--mtime=@0", "--mode=0755", "-cf", archive]).args(files);
    output("pack the pause image", command.current_dir(folder)).map(drop)
}
