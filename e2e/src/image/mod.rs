//! Our programs as images: one static program each, with nothing around it but the certificate authorities.
//!
//! Packed here, by `tar` and `gzip` alone: nothing is pulled, no daemon is asked, and the same program is the same
//! image. An archive is an OCI layout and what `docker save` writes at once, so that whatever loads images takes it.

mod archive;
mod authorities;
mod build;
mod command;
mod labels;
mod layer;

pub(crate) use archive::{Image, Packed};
pub(crate) use build::{Purpose, make, optimised};
pub(crate) use command::Images;

/// A program of ours that runs in a cluster.
struct Product {
    /// The package, its program, and the last part of the image's name.
    package: &'static str,
    title: &'static str,
    description: &'static str,
    /// Features that only images for the cases have.
    for_cases: &'static [&'static str],
}

/// One line an image.
const PRODUCTS: &[Product] = &[
    Product {
        package: "catalog-server",
        title: "Pangolin catalog server",
        description: "An Apache Iceberg REST catalog on Postgres and object storage",
        for_cases: &[],
    },
    Product {
        package: "operator",
        title: "Pangolin operator",
        description: "Reconciles Catalogs, Warehouses and Tokens",
        for_cases: &["failpoints"],
    },
];

/// What the images for the cases are called: a tag of their own, so that none is taken for a released one.
pub(crate) const FOR_CASES: &str = "e2e";
