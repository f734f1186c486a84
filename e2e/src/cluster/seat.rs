//! Which host of a cluster.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A host's part in its cluster; names, cables and addresses follow from it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Seat {
    /// Runs pods; counted from 1, and the first has the control plane.
    Node(u8),
    /// Runs Postgres and MinIO.
    Data,
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(number) => write!(f, "n{number}"),
            Self::Data => f.write_str("data"),
        }
    }
}
