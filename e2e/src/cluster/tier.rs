//! How much of a cluster is wanted.

use serde::{Deserialize, Serialize};

/// The two sizes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tier {
    /// etcd and the apiserver: resources are admitted and kept, nothing runs.
    Api,
    /// Everything: pods run.
    Full,
}
