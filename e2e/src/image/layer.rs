//! The files of an image: the same bytes for the same files, whoever packs them, and when.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::archive::Image;
use super::authorities;
use crate::cluster::output;
use crate::failure::{Attempt, Failure, Outcome};

/// A file and what names it.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    /// SHA-256 in hexadecimal digits.
    pub(super) digest: String,
    /// Bytes.
    pub(super) size: u64,
}

/// The one layer of an image.
pub(super) struct Layer {
    /// As it is kept.
    pub(super) packed: Blob,
    /// As it is unpacked: what the image's identity is made of.
    pub(super) plain: Blob,
}

/// Writes `layer.tar.gz` into `folder`.
pub(super) fn pack(image: &Image<'_>, folder: &Path) -> Outcome<Layer> {
    let root = folder.join("root");
    fs::create_dir(&root).attempt(format!("make {}", root.display()))?;
    fs::copy(image.program, root.join(image.file()?)).attempt(format!("copy {}", image.program.display()))?;
    if image.authorities {
        let file = root.join(authorities::FILE);
        fs::create_dir_all(file.parent().unwrap_or(&root)).attempt("make a folder for the authorities")?;
        fs::write(&file, authorities::pem()).attempt("write the authorities")?;
    }
    tar(&root, &folder.join("layer.tar"), &["."])?;
    let plain = Blob::of(&folder.join("layer.tar"))?;
    // Without the name and the time of the file.
    output("compress a layer", Command::new("gzip").args(["-n", "layer.tar"]).current_dir(folder))?;
    Ok(Layer { packed: Blob::of(&folder.join("layer.tar.gz"))?, plain })
}

/// Packs files of a folder without what is the machine's or the moment's: owners, times, the order of a directory.
pub(super) fn tar(folder: &Path, archive: &Path, files: &[&str]) -> Outcome {
    let mut command = Command::new("tar");
    command.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--mode=u=rwX,go=rX"]);
    command.arg("-cf").arg(archive).args(files).current_dir(folder);
    output("pack an image", &mut command).map(drop)
}

impl Blob {
    /// A file as it is now. By `sha256sum`, since ours is slow in a debug build, and programs are large.
    pub(super) fn of(file: &Path) -> Outcome<Self> {
        let says = output("hash a file", Command::new("sha256sum").arg(file))?;
        let digest = says.split_whitespace().next().filter(|digest| digest.len() == 64);
        let digest = digest.ok_or_else(|| Failure::new(format!("sha256sum says {says:?}")))?.to_owned();
        let size = fs::metadata(file).attempt(format!("look at {}", file.display()))?.len();
        Ok(Self { digest, size })
    }

    /// As manifests write it.
    pub(super) fn named(&self) -> String {
        format!("sha256:{}", self.digest)
    }
}
