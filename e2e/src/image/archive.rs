//! An image as one file: an OCI layout that holds the index of `docker save`, too.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::layer::{self, Blob, tar};
use crate::failure::{Attempt, Failure, Outcome};

/// Nobody in particular, and no member of anything.
const USER: &str = "65532:65532";

/// A program that is to be an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image<'a> {
    /// How manifests and containerd call it: `localhost/NAME:TAG`.
    pub(crate) reference: &'a str,
    /// It needs nothing but the kernel. Its name is its name in the image, too.
    pub(crate) program: &'a Path,
    /// OCI's annotations of the image, as labels.
    pub(crate) labels: &'a [(&'a str, String)],
    /// It makes TLS connections.
    pub(crate) authorities: bool,
}

/// An image in an archive.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// How manifests call it.
    pub(crate) reference: String,
    /// The archive.
    pub(crate) archive: PathBuf,
    /// Its configuration's digest: the same for the same files and labels.
    pub(crate) id: String,
    /// Its manifest's digest: what a registry would call it.
    pub(crate) digest: String,
    /// Bytes of the layer.
    pub(crate) compressed: u64,
    /// Bytes of the files.
    pub(crate) uncompressed: u64,
}

impl Image<'_> {
    /// The program's name in the image's root.
    pub(super) fn file(&self) -> Outcome<&str> {
        let name = self.program.file_name().and_then(|name| name.to_str());
        name.ok_or_else(|| Failure::new(format!("{} is no name for a program", self.program.display())))
    }

    /// Packs it below `folder`, which is made anew.
    pub(crate) fn pack(&self, folder: &Path) -> Outcome<Packed> {
        self.packed(folder).attempt(format!("pack the image {}", self.reference))
    }

    fn packed(&self, folder: &Path) -> Outcome<Packed> {
        let blobs = folder.join("blobs").join("sha256");
        if folder.exists() {
            fs::remove_dir_all(folder).attempt(format!("clear {}", folder.display()))?;
        }
        fs::create_dir_all(&blobs).attempt(format!("make {}", blobs.display()))?;
        let layer = layer::pack(self, folder)?;
        let keep = |name: &str, blob: &Blob| {
            fs::rename(folder.join(name), blobs.join(&blob.digest)).attempt(format!("keep {name}"))
        };
        keep("layer.tar.gz", &layer.packed)?;
        let config = written(folder, "config", &self.config(&layer.plain)?)?;
        keep("config", &config)?;
        let manifest = written(folder, "manifest", &manifest(&config, &layer.packed))?;
        keep("manifest", &manifest)?;
        for (name, value) in self.indexes(&manifest, &config, &layer.packed) {
            written(folder, name, &value)?;
        }
        let archive = folder.join("image.tar");
        tar(folder, &archive, &["oci-layout", "index.json", "manifest.json", "blobs"])?;
        for unpacked in ["blobs", "root"] {
            fs::remove_dir_all(folder.join(unpacked)).attempt("remove what was packed")?;
        }
        Ok(Packed {
            reference: self.reference.to_owned(),
            archive,
            id: config.named(),
            digest: manifest.named(),
            compressed: layer.packed.size,
            uncompressed: layer.plain.size,
        })
    }

    fn config(&self, layer: &Blob) -> Outcome<Value> {
        let labels: serde_json::Map<_, _> =
            self.labels.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        Ok(json!({
            "architecture": architecture(),
            "os": "linux",
            "config": {"Entrypoint": [format!("/{}", self.file()?)], "User": USER, "WorkingDir": "/", "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [layer.named()]},
        }))
    }

    /// What finds the manifest: OCI's index, and Docker's for what knows no OCI.
    fn indexes(&self, manifest: &Blob, config: &Blob, layer: &Blob) -> [(&'static str, Value); 3] {
        let path = |blob: &Blob| format!("blobs/sha256/{}", blob.digest);
        let tag = self.reference.rsplit(':').next().unwrap_or_default();
        let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", manifest);
        entry["annotations"] =
            json!({"io.containerd.image.name": self.reference, "org.opencontainers.image.ref.name": tag});
        entry["platform"] = json!({"architecture": architecture(), "os": "linux"});
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [entry],
        });
        let docker = json!([{"Config": path(config), "RepoTags": [self.reference], "Layers": [path(layer)]}]);
        [("oci-layout", json!({"imageLayoutVersion": "1.0.0"})), ("index.json", index), ("manifest.json", docker)]
    }
}

fn manifest(config: &Blob, layer: &Blob) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
    })
}

fn descriptor(kind: &str, blob: &Blob) -> Value {
    json!({"mediaType": kind, "digest": blob.named(), "size": blob.size})
}

/// As images call the machine that we run on, and build for.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn written(folder: &Path, name: &str, value: &Value) -> Outcome<Blob> {
    let path = folder.join(name);
    fs::write(&path, value.to_string()).attempt(format!("write {}", path.display()))?;
    Blob::of(&path)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cluster::output;

    fn pack(folder: &Path, mode: u32, text: &str) -> Packed {
        fs::create_dir_all(folder).expect("a folder");
        let program = folder.join("x");
        fs::write(&program, text).expect("write");
        fs::set_permissions(&program, Permissions::from_mode(mode)).expect("set the mode");
        let labels = [("org.opencontainers.image.title", "X".to_owned())];
        let image = Image { reference: "localhost/x:1", program: &program, labels: &labels, authorities: true };
        image.pack(&folder.join("packed")).expect("packed")
    }

    #[test]
    fn the_same_program_is_the_same_archive_and_another_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = pack(&folder.path().join("1"), 0o755, "text");
        let again = pack(&folder.path().join("2"), 0o700, "text");
        assert_eq!((&one.id, &one.digest), (&again.id, &again.digest));
        assert_eq!(fs::read(&one.archive).expect("read"), fs::read(&again.archive).expect("read"));
        assert_ne!(one.id, pack(&folder.path().join("3"), 0o755, "texts").id);
    }

    #[test]
    fn the_archive_leads_by_both_indexes_to_the_program_the_authorities_and_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let packed = pack(folder.path(), 0o755, "text");
        let read = |archive: &Path, member: &str| {
            let mut tar = std::process::Command::new("tar");
            output("unpack", tar.arg("-xOf").arg(archive).arg(member)).expect("unpacked")
        };
        let json = |member: &str| -> Value { serde_json::from_str(&read(&packed.archive, member)).expect("JSON") };
        let path = |digest: &Value| format!("blobs/sha256/{}", digest.as_str().expect("a digest").split_at(7).1);
        let manifest = json(&path(&json("index.json")["manifests"][0]["digest"]));
        let docker = json("manifest.json");
        assert_eq!(docker[0]["RepoTags"], json!(["localhost/x:1"]));
        assert_eq!(docker[0]["Config"], path(&manifest["config"]["digest"]));
        assert_eq!(docker[0]["Layers"][0], path(&manifest["layers"][0]["digest"]));
        let config = json(&path(&manifest["config"]["digest"]));
        assert_eq!(manifest["config"]["digest"], packed.id);
        assert_eq!(config["config"]["User"], USER);
        assert_eq!(config["config"]["Entrypoint"], json!(["/x"]));
        let layer = folder.path().join("layer");
        let script = format!(
            "tar -xOf {} {} > {}",
            packed.archive.display(),
            path(&manifest["layers"][0]["digest"]),
            layer.display()
        );
        output("unpack", std::process::Command::new("sh").args(["-c", &script])).expect("unpacked");
        assert_eq!(read(&layer, "./x"), "text");
        assert!(read(&layer, "./etc/ssl/certs/ca-certificates.crt").starts_with("-----BEGIN CERTIFICATE-----"));
    }
}
