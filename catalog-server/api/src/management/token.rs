//! Tokens.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::openapi::formats;
use crate::{Grant, PageQuery, TokenHash};

/// `PUT /api/v1/tokens/{owner}/{revision}`: makes a token known. The hash is write-once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutToken {
    /// The part of the token by which it is looked up.
    pub token_id: String,
    /// SHA-256 of the whole token.
    pub hash: TokenHash,
    /// The principal: `token:<namespace>/<name>`.
    pub user_id: String,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// From this moment on it is refused.
    #[schemars(with = "formats::DateTime")]
    pub expires_at: Timestamp,
}

/// The answer to a PUT.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PutTokenResponse {
    /// What the PUT did.
    pub outcome: super::Outcome,
    /// The token's row now.
    pub token: TokenInfo,
}

/// `POST /api/v1/tokens/{owner}/{revision}/confirm`: the reader's Secret holds this revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmToken {
    /// The owner's older tokens end then, at the latest.
    #[schemars(with = "formats::DateTime")]
    pub cap_older_at: Timestamp,
}

/// A token as the server has it: neither the token nor its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenInfo {
    /// The part of the token by which it is looked up.
    pub token_id: String,
    /// The principal.
    pub user_id: String,
    /// The uid of the resource.
    pub owner_uid: String,
    /// Counts the tokens of one resource.
    pub revision: i64,
    /// What it may do.
    pub grants: Vec<Grant>,
    /// From this moment on it is refused.
    #[schemars(with = "formats::DateTime")]
    pub expires_at: Timestamp,
    /// When the reader's Secret was known to hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::DateTime>")]
    pub confirmed_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<formats::DateTime>")]
    pub revoked_at: Option<Timestamp>,
}

/// The query of `GET /api/v1/tokens`, which lists the active ones by (user, expiry, id).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListTokensQuery {
    /// Only this principal's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// As in [`crate::PageQuery`]; its fields stand here because a flattened query loses its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u64>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// As in [`crate::PageQuery`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<bool>,
}

impl ListTokensQuery {
    /// The part that every list has.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        let Self { user_id: _, page, page_size, page_token, total } = self.clone();
        PageQuery { page, page_size, page_token, total }
    }
}
