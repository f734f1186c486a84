//! What differs between two states.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::PageQuery;
use crate::openapi::formats;

/// What kind of thing a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// A namespace.
    Namespace,
    /// A table.
    Table,
    /// A view.
    View,
}

/// What a name stands for in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContentState {
    /// Stays through changes and renames.
    #[schemars(with = "formats::Uuid")]
    pub id: Uuid,
    /// A table's or view's metadata file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_location: Option<String>,
    /// A namespace's properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, String>>,
    /// The commit that made it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::Uuid>")]
    pub commit: Option<Uuid>,
}

/// A namespace, table or view that is not the same in two states. `before` is absent if it was made, `after` if it was
/// dropped; a rename is one of each, with the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What it is, or was if it is gone.
    pub kind: ContentKind,
    /// The levels of the namespace that holds it; the parent's, for a namespace.
    pub namespace: Vec<String>,
    /// The last part of its name.
    pub name: String,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ContentState>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ContentState>,
}

/// The query of `GET /api/v1/warehouses/{warehouse}/diff`: what makes `from` into `to`, by name. A page may be short,
/// even empty, and have a next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffQuery {
    /// The one state: a ref expression.
    pub from: String,
    /// The other state: a ref expression.
    pub to: String,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

/// The query of `GET /api/v1/warehouses/{warehouse}/commits/{commit}/changes`: what a commit did, by name. A page may be
/// short, even empty, and have a next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListChangesQuery {
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

impl DiffQuery {
    /// The part that every list has.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        let Self { page_size, page_token, .. } = self.clone();
        PageQuery { page_size, page_token, ..PageQuery::default() }
    }
}

impl ListChangesQuery {
    /// The part that every list has.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        let Self { page_size, page_token, .. } = self.clone();
        PageQuery { page_size, page_token, ..PageQuery::default() }
    }
}
