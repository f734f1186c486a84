//! The management API. Warehouses and tokens are the operator's alone; what lies below a warehouse, its commit tree, is
//! for principals with grants on it. All bodies are JSON in snake case.

mod change;
mod commit;
mod dropped;
mod merge;
mod reference;
mod token;
mod warehouse;

pub use change::{Change, ContentKind, ContentState, DiffQuery, ListChangesQuery};
pub use commit::{CommitInfo, CommitOrigin, ListCommitsQuery, MergeOrigin};
pub use dropped::{DroppedInfo, ListDroppedQuery, UndropAs, UndropRequest, Undropped};
pub use merge::{
    ConflictReason, KeyMode, MergeConflict, MergeMode, MergeRefused, MergeReport, MergeRequest, PickRequest,
};
pub use reference::{CreateRef, ListRefsQuery, RefType, Reference, UpdateRef};
pub use token::{ConfirmToken, ListTokensQuery, PutToken, PutTokenResponse, TokenInfo};
pub use warehouse::{
    DetachQuery, PutWarehouse, PutWarehouseResponse, Retention, S3Credentials, S3Storage, Storage, WarehouseInfo,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a PUT did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Created,
    /// It had no owner any more, or was taken over.
    Adopted,
    /// It was changed.
    Updated,
    /// It was as asked.
    Unchanged,
}
