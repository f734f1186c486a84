//! MinIO, built from its Go module.

use std::path::{Path, PathBuf};

use super::go::Module;
use crate::failure::Outcome;

const MINIO: Module = Module { name: "minio", of: Some("github.com/minio/minio"), stamp: |_version| String::new() };

/// The program. Builds it when there is none.
pub(crate) async fn program(checkout: &Path) -> Outcome<PathBuf> {
    Ok(MINIO.build(checkout, &["github.com/minio/minio"]).await?.path("minio"))
}
