//! Branches and tags.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::PageQuery;
use crate::openapi::formats;

/// What a name stands for. Branches and tags share their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefType {
    /// Moves with each commit on it.
    Branch,
    /// Names one commit for good.
    Tag,
}

/// A branch or tag as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// No other branch or tag of the warehouse has it.
    pub name: String,
    /// Which of the two.
    pub r#type: RefType,
    /// The newest commit that it shows, of itself or of the branch that it was forked from; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::Uuid>")]
    pub commit: Option<Uuid>,
    /// Only merges change the branch, and nobody deletes it. Tags are never protected, since nothing changes them.
    pub protected: bool,
    /// When the tag was made; absent for branches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::DateTime>")]
    pub created_at: Option<Timestamp>,
}

/// The query of `GET /api/v1/warehouses/{warehouse}/refs`, which lists branches and tags by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListRefsQuery {
    /// Only these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<RefType>,
    /// As in [`crate::PageQuery`]; its fields stand here because a flattened query loses its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}

impl ListRefsQuery {
    /// The part that every list has.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        let Self { r#type: _, page, page_size, page_token } = self.clone();
        PageQuery { page, page_size, page_token, total: None }
    }
}

/// `POST /api/v1/warehouses/{warehouse}/refs`: makes a branch or tag, in constant time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRef {
    /// `[A-Za-z0-9][A-Za-z0-9._/-]{0,127}`, and not a uuid.
    pub name: String,
    /// What is to be made.
    pub r#type: RefType,
    /// The state that it begins with, or names: a ref expression, that is a branch, a tag, `BRANCH@{time}` or a commit's
    /// uuid. Absent: `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// `PATCH /api/v1/warehouses/{warehouse}/refs/{ref}`: changes a branch. What is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateRef {
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether only merges may change it, and nobody delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<bool>,
}
