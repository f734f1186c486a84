//! `/api/v1/tokens`. Tokens themselves never come here: only their hashes.

mod confirm;
mod list;
mod newest;
mod put;
mod revoke;

pub use confirm::confirm;
pub use list::list;
pub use newest::newest;
pub use put::put;
pub use revoke::revoke;

use catalog_api::Grant;
use catalog_api::management::TokenInfo;
use catalog_store::Token;
use serde::Deserialize;

use crate::error::ApiError;

fn info(row: Token) -> Result<TokenInfo, ApiError> {
    let Token { token_id, user_id, hash: _, grants, expires_at, confirmed_at, revoked_at, owner_uid, revision } = row;
    let grants = Vec::<Grant>::deserialize(grants).map_err(ApiError::internal)?;
    Ok(TokenInfo { token_id, user_id, owner_uid, revision, grants, expires_at, confirmed_at, revoked_at })
}
