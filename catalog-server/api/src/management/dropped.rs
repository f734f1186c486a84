//! What was dropped, and how it comes back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{CommitInfo, ContentKind, ContentState};
use crate::PageQuery;
use crate::openapi::formats;

/// A namespace, table or view that was dropped on a branch and has not come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DroppedInfo {
    /// What it was.
    pub kind: ContentKind,
    /// The levels of the namespace that held it; the parent's, for a namespace.
    pub namespace: Vec<String>,
    /// The last part of its name.
    pub name: String,
    /// What it was in the end: this is what an undrop puts back.
    pub content: ContentState,
    /// The commit that dropped it.
    pub dropped_by: CommitInfo,
}

/// The query of `GET /api/v1/warehouses/{warehouse}/dropped`, which lists what was dropped on a branch, by name. A page
/// may be short, even empty, and have a next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListDroppedQuery {
    /// The branch. Absent: `main`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Only what was directly in this namespace: the levels, joined with U+001F as in the Iceberg protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

/// `POST /api/v1/warehouses/{warehouse}/undrop`: puts back what was dropped, as it was in the end: the same id, the same
/// files. Send an `Idempotency-Key` to be able to repeat it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndropRequest {
    /// The branch that it comes back to. Absent: `main`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What it was.
    pub kind: ContentKind,
    /// The levels of the namespace that held it; the parent's, for a namespace.
    pub namespace: Vec<String>,
    /// The last part of its name.
    pub name: String,
    /// The commit that dropped it, if it was dropped more than once. Absent: the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::Uuid>")]
    pub commit: Option<Uuid>,
    /// The name under which it comes back. Absent: its old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#as: Option<UndropAs>,
}

/// A name for what comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndropAs {
    /// The levels of the namespace that is to hold it, which must be there; the parent's, for a namespace.
    pub namespace: Vec<String>,
    /// The last part of the name.
    pub name: String,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undropped {
    /// What it is.
    pub kind: ContentKind,
    /// The levels of the namespace that holds it.
    pub namespace: Vec<String>,
    /// The last part of its name.
    pub name: String,
    /// What it is: what it was.
    pub content: ContentState,
    /// The commit that brought it back.
    pub commit: CommitInfo,
}

impl ListDroppedQuery {
    /// The part that every list has.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        let Self { page_size, page_token, .. } = self.clone();
        PageQuery { page_size, page_token, ..PageQuery::default() }
    }
}
