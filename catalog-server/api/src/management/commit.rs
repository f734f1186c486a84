//! Commits: what has become of a warehouse.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::PageQuery;
use crate::openapi::formats;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitInfo {
    /// Its id; a ref expression.
    #[schemars(with = "formats::Uuid")]
    pub id: Uuid,
    /// Its place on its branch, from 1.
    pub seq: i64,
    /// The branch that it was made on, by the name that this has now, or had when it was deleted.
    pub branch: String,
    /// The commit before it, perhaps on another branch; absent for the first of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::Uuid>")]
    pub parent: Option<Uuid>,
    /// The principal.
    pub author: String,
    /// What was done, in a few words. Empty for a principal that may not read the whole warehouse, because it may name
    /// anything in it.
    pub message: String,
    /// When. Never before its parent's.
    #[schemars(with = "formats::DateTime")]
    pub committed_at: Timestamp,
    /// Where its changes come from, if they were made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<CommitOrigin>,
}

/// Where the changes of a commit come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommitOrigin {
    /// From a branch: what it had up to one of its commits.
    Merge(MergeOrigin),
    /// From this commit: cherry-picked, taken back, or the drop that was undone.
    Commit(#[schemars(with = "formats::Uuid")] Uuid),
}

/// What was merged. It has a name of its own for generators of clients, which stumble over a nameless one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeOrigin {
    /// The branch's name.
    pub branch: String,
    /// The place of its newest commit that was merged.
    pub seq: i64,
}

/// The query of `GET /api/v1/warehouses/{warehouse}/commits`, which lists the commits that led to a state, newest first.
/// With a filter a page may be short, even empty, and have a next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListCommitsQuery {
    /// The state: a ref expression. Absent: `main`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Only commits that changed this namespace or something in it: the levels, joined with U+001F as in the Iceberg
    /// protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Only commits that changed this table or view of `namespace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Only this principal's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Not before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::DateTime>")]
    pub since: Option<Timestamp>,
    /// Not after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::DateTime>")]
    pub until: Option<Timestamp>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

impl ListCommitsQuery {
    /// The part that every list has.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        let Self { page, page_size, page_token, .. } = self.clone();
        PageQuery { page, page_size, page_token, total: None }
    }
}
