//! Bearer tokens.

use jiff::Timestamp;

/// A bearer token's row. The token itself is never stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The 16 characters by which it is looked up.
    pub token_id: String,
    /// The principal, such as `token:team/etl`.
    pub user_id: String,
    /// SHA-256 of the whole token.
    pub hash: [u8; 32],
    /// The grants; opaque to the store.
    pub grants: serde_json::Value,
    /// From this moment on the token is refused.
    pub expires_at: Timestamp,
    /// Set once the reader's Secret holds it.
    pub confirmed_at: Option<Timestamp>,
    /// From this moment on the token is refused, whatever `expires_at` says.
    pub revoked_at: Option<Timestamp>,
    /// The uid of the resource.
    pub owner_uid: String,
    /// Counts the tokens of one resource.
    pub revision: i64,
}

/// A token to be stored under (owner, revision).
#[derive(Clone, Debug, PartialEq)]
pub struct NewToken {
    /// As in [`Token::token_id`].
    pub token_id: String,
    /// As in [`Token::user_id`].
    pub user_id: String,
    /// As in [`Token::hash`]; write-once.
    pub hash: [u8; 32],
    /// As in [`Token::grants`].
    pub grants: serde_json::Value,
    /// As in [`Token::expires_at`].
    pub expires_at: Timestamp,
    /// As in [`Token::owner_uid`].
    pub owner_uid: String,
    /// As in [`Token::revision`].
    pub revision: i64,
}

/// Which active tokens to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenFilter {
    /// Only this principal's.
    pub user_id: Option<String>,
}
