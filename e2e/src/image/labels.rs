//! What an image says of itself.

use std::process::Command;

use super::Product;
use crate::cluster::output;
use crate::failure::Outcome;
use crate::needs::programs::Programs;

/// The version of all our packages.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// OCI's annotations. A checkout with changes has no revision of its own: it bears its parent's, marked.
pub(super) fn labels(product: &Product, programs: &Programs) -> Outcome<Vec<(&'static str, String)>> {
    let mut labels = vec![
        ("org.opencontainers.image.title", product.title.to_owned()),
        ("org.opencontainers.image.description", product.description.to_owned()),
        ("org.opencontainers.image.version", VERSION.to_owned()),
        ("org.opencontainers.image.licenses", env!("CARGO_PKG_LICENSE").to_owned()),
    ];
    if programs.checkout.join(".git").exists() {
        labels.push(("org.opencontainers.image.revision", revision(programs)?));
    }
    Ok(labels)
}

fn revision(programs: &Programs) -> Outcome<String> {
    let mut git = Command::new("git");
    // Whoever runs us need not own the checkout.
    git.arg("-c").arg(format!("safe.directory={}", programs.checkout.display()));
    git.args(["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]).current_dir(&programs.checkout);
    Ok(output("ask git for the revision", &mut git)?.trim().to_owned())
}
