//! Merges, cherry-picks and reverts: one atomic commit on a branch, or a report of what stands in its way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::null::null_as_default;

use super::{CommitInfo, ContentKind, ContentState};
use crate::ErrorModel;
use crate::openapi::formats;

/// Who is right about a name that both sides changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MergeMode {
    /// Nobody: it is a conflict.
    #[default]
    Normal,
    /// The branch that is merged into: it stays as it is there, whatever the other side did.
    Ours,
    /// The other side: it becomes what it is there.
    Theirs,
}

/// The mode for one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyMode {
    /// A table and a view of one name are the same here, for they exclude each other.
    pub kind: ContentKind,
    /// The levels of the namespace that holds it; the parent's, for a namespace.
    pub namespace: Vec<String>,
    /// The last part of its name.
    pub name: String,
    /// Its mode.
    pub mode: MergeMode,
}

/// `POST /api/v1/warehouses/{warehouse}/merge`: brings what one state has, and a branch has not got yet, into the branch.
/// The same merge again has nothing left to do, so that it can safely be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// The state that is merged: a ref expression.
    pub from: String,
    /// The branch that is merged into. It may be a protected one.
    pub into: String,
    /// For names that are not in `modes`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub mode: MergeMode,
    /// For these names; at most 1,000.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<KeyMode>,
    /// Only report: change nothing, and answer 200 although there are conflicts.
    #[serde(default, deserialize_with = "null_as_default")]
    pub dry_run: bool,
    /// The commit's message, at most 4,096 bytes. Absent: what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `POST /api/v1/warehouses/{warehouse}/cherry-pick` and `…/revert`: brings into a branch what one commit did, or what
/// undoes it. Send an `Idempotency-Key` to be able to repeat it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PickRequest {
    /// The commit.
    #[schemars(with = "formats::Uuid")]
    pub commit: Uuid,
    /// The branch that is changed. It may be a protected one.
    pub into: String,
    /// For names that are not in `modes`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub mode: MergeMode,
    /// For these names; at most 1,000.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<KeyMode>,
    /// Only report: change nothing, and answer 200 although there are conflicts.
    #[serde(default, deserialize_with = "null_as_default")]
    pub dry_run: bool,
    /// The commit's message, at most 4,096 bytes. Absent: what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What came of a merge, a cherry-pick or a revert, or would come of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeReport {
    /// The commit on the branch; absent if nothing was committed, since there was nothing to do, there are conflicts, or
    /// it is a dry run. A merge whose changes the branch has already is recorded with a commit without changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitInfo>,
    /// How many names change on the branch.
    pub changes: u64,
    /// How many names are in conflict; `conflicts` has the first 1,000 of them.
    pub conflict_count: u64,
    /// What stands in the way, by name. If there is anything, nothing is changed.
    pub conflicts: Vec<MergeConflict>,
}

/// A name that cannot be merged, and what it is on each side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeConflict {
    /// What it is on the one side or the other.
    pub kind: ContentKind,
    /// The levels of the namespace that holds it; the parent's, for a namespace.
    pub namespace: Vec<String>,
    /// The last part of its name.
    pub name: String,
    /// Why.
    pub reason: ConflictReason,
    /// What it was when both sides were last the same; absent if it was not there, or if there is no one answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ContentState>,
    /// What it is in the state that is merged; absent if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<ContentState>,
    /// What it is in the branch that is merged into; absent if it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<ContentState>,
}

/// Why a name cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConflictReason {
    /// Both sides changed it, and not to the same.
    BothChanged,
    /// The namespace that it would come into is not on the branch.
    NoNamespace,
    /// The namespace would go, but holds something on the branch.
    NotEmpty,
    /// The same table is on the branch already, under another name: both sides have renamed it.
    Elsewhere,
}

/// The 409 of a merge, a cherry-pick or a revert that has conflicts: the error as on every route, and the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MergeRefused {
    /// The error.
    pub error: ErrorModel,
    /// What stands in the way.
    pub report: MergeReport,
}
