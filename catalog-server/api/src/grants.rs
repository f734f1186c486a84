//! What a token may do: grants on warehouses and namespaces (CONTRACT, principals and tokens).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::null_as_default;

/// Privileges on one warehouse, or on some of its namespaces. Each privilege stands for itself: `Write` does not
/// contain `Read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    /// The warehouse's name.
    pub warehouse: String,
    /// Paths of namespaces, levels joined with `.`; each contains what lies below it. None at all: the whole warehouse.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// What is allowed.
    pub privileges: Vec<Privilege>,
}

/// One thing that a grant allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Privilege {
    /// Load and list.
    Read,
    /// Change namespaces, tables and views; commit on unprotected refs.
    Write,
    /// Refs, undrop, retention.
    Manage,
}
