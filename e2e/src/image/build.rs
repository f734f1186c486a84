//! Builds the programs static, and packs them.

use std::env;
use std::path::{Path, PathBuf};

use super::archive::{Image, Packed};
use super::labels::{VERSION, labels};
use super::{FOR_CASES, PRODUCTS};
use crate::failure::{Attempt, Failure, Outcome};
use crate::needs::programs::Programs;

/// Whom an image is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// The cases: built again within seconds after a change, and with what only they may switch on.
    Cases,
    /// Everybody: optimised as a whole.
    Release,
}

impl Purpose {
    fn profile(self) -> &'static str {
        match self {
            Self::Cases => "image",
            Self::Release => "release",
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Cases => FOR_CASES,
            Self::Release => VERSION,
        }
    }
}

/// Builds and packs all of them, into the target folder.
pub(crate) async fn make(programs: &Programs, purpose: Purpose) -> Outcome<Vec<Packed>> {
    let built = build(programs, purpose).await?;
    let folder = programs.target()?.join("images").join(purpose.tag());
    let pack = |product: &super::Product| {
        let image = Image {
            reference: &format!("localhost/pangolin/{}:{}", product.package, purpose.tag()),
            program: &built.join(product.package),
            labels: &labels(product, programs)?,
            authorities: true,
        };
        image.pack(&folder.join(product.package))
    };
    PRODUCTS.iter().map(pack).collect()
}

/// The images' programs; the folder that they are in.
async fn build(programs: &Programs, purpose: Purpose) -> Outcome<PathBuf> {
    let says = format!("build the images' programs ({})", purpose.profile());
    run(programs, purpose, &says, arguments(purpose)).await
}

/// Builds the bench or the server or both as the programs of the cases' images are built; the folder that they are in.
pub(crate) async fn optimised(programs: &Programs, names: &[&str]) -> Outcome<PathBuf> {
    // Both packages are named whatever is built: so what both depend on has the same features, and is built once.
    let packages = ["--package", "e2e", "--package", "catalog-server"].map(str::to_owned);
    let binaries = names.iter().flat_map(|name| ["--bin", name].map(str::to_owned));
    let arguments = packages.into_iter().chain(binaries).collect();
    let says = format!("build {} optimised, which takes minutes at the first time", names.join(" and "));
    run(programs, Purpose::Cases, &says, arguments).await
}

async fn run(programs: &Programs, purpose: Purpose, says: &str, arguments: Vec<String>) -> Outcome<PathBuf> {
    let target = programs.target()?;
    // Named even where it is the machine's own: else what runs during the build would have to be static, too.
    let triple = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let mut cargo = programs.cargo();
    cargo.args(["build", "--locked", "--profile", purpose.profile(), "--target", &triple]);
    cargo.arg("--target-dir").arg(&target).args(arguments);
    // Whatever else somebody sets would make other programs of the same sources; and the profile knows what is quick.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(&cargo_home()?)).env_remove("CARGO_INCREMENTAL");
    if purpose == Purpose::Release {
        cargo.env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
    }
    programs.run(says, cargo).await?;
    Ok(target.join(triple).join(purpose.profile()))
}

fn arguments(purpose: Purpose) -> Vec<String> {
    let mut arguments = Vec::new();
    for product in PRODUCTS {
        arguments.extend(["--package".to_owned(), product.package.to_owned()]);
        arguments.extend(["--bin".to_owned(), product.package.to_owned()]);
        let features = product.for_cases.iter().filter(|_| purpose == Purpose::Cases);
        arguments.extend(features.map(|feature| format!("--features={}/{feature}", product.package)));
    }
    arguments
}

/// Static, and without the name of the folder in which the dependencies' sources lie here.
fn flags(cargo_home: &Path) -> String {
    let remap = format!("--remap-path-prefix={}=/cargo", cargo_home.display());
    ["-Ctarget-feature=+crt-static", &remap].join("\x1f")
}

fn cargo_home() -> Outcome<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cargo"));
    set.or_else(home).ok_or_else(|| Failure::new("neither CARGO_HOME nor HOME is set")).attempt("find cargo's folder")
}
