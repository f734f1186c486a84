//! What the data host runs: MinIO from its Go module, Postgres from Debian.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Outcome;
use crate::needs::{minio, postgres};

/// Where the programs are.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DataPrograms {
    /// The folder of `initdb` and `postgres`.
    pub(super) postgres: PathBuf,
    pub(super) minio: PathBuf,
}

impl DataPrograms {
    /// Builds and installs what this machine lacks.
    pub(crate) async fn make(checkout: &Path) -> Outcome<Self> {
        Ok(Self { postgres: postgres::programs().await?, minio: minio::program(checkout).await? })
    }
}
