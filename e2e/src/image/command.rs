//! `cargo e2e images`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::time::Instant;

use super::{Packed, Purpose, make};
use crate::cluster::Cluster;
use crate::failure::{Attempt, Outcome};
use crate::needs::programs::Programs;

/// Options of `images`.
#[derive(Args, Debug)]
pub(crate) struct Images {
    /// Build them as they are released: optimised as a whole, which takes minutes, and without what only tests may do
    #[arg(long)]
    release: bool,
    /// Leave the archives here, too: `docker load`, `podman load`, `ctr images import` and `skopeo` take them
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Give them to the nodes of this cluster of `cargo e2e up`
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=99))]
    cluster: Option<u8>,
}

impl Images {
    /// Builds, packs, and takes them where they are wanted.
    pub(crate) async fn run(self) -> Outcome<bool> {
        let Self { release, output, cluster } = self;
        let start = Instant::now();
        let purpose = if release { Purpose::Release } else { Purpose::Cases };
        let programs = Programs::locate()?;
        let images = make(&programs, purpose).await?;
        for image in &images {
            println!("{}", line(image));
            if let Some(folder) = &output {
                println!("  {}", left(image, folder)?.display());
            }
        }
        if let Some(index) = cluster {
            let cluster = Cluster::open(&programs.checkout, index).await?;
            images.iter().try_for_each(|image| cluster.import(image))?;
            println!("imported into cluster {index}");
        }
        println!("images: {:.1} s", start.elapsed().as_secs_f64());
        Ok(true)
    }
}

/// What there is to know about an image.
fn line(image: &Packed) -> String {
    let Packed { reference, archive: _, id, digest, compressed, uncompressed } = image;
    format!(
        "{reference}: {:.1} MiB, {:.1} MiB compressed\n  id {id}\n  manifest {digest}",
        mebibytes(*uncompressed),
        mebibytes(*compressed)
    )
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files, to one decimal")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn left(image: &Packed, folder: &Path) -> Outcome<PathBuf> {
    fs::create_dir_all(folder).attempt(format!("make {}", folder.display()))?;
    let name = image.reference.rsplit('/').next().unwrap_or_default().replace(':', "-");
    let path = folder.join(format!("{name}.tar"));
    fs::copy(&image.archive, &path).attempt(format!("write {}", path.display()))?;
    Ok(path)
}
