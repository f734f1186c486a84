//! `PUT /api/v1/tokens/{owner}/{revision}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::{PutToken, PutTokenResponse};
use catalog_store::NewToken;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{Path, SecretJson};
use crate::policy;
use crate::routes::management::{check_id, check_time};
use crate::session::AdminSession;

/// Grants that a token may have.
const MAX_GRANTS: usize = 200;

/// Makes a token known. Write-once: another hash for the same revision is refused.
///
/// # Errors
/// 400 for what makes no sense, 409 for another hash.
pub async fn put(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path((owner_uid, revision)): Path<(String, i64)>,
    SecretJson(body): SecretJson<PutToken>,
) -> Result<Json<PutTokenResponse>, ApiError> {
    let token = check(owner_uid, revision, body)?;
    let (row, outcome) = app.store.put_token(token, app.clock.now()).await?;
    let outcome = crate::routes::management::outcome(outcome);
    Ok(Json(PutTokenResponse { outcome, token: super::info(row)? }))
}

fn check(owner_uid: String, revision: i64, body: PutToken) -> Result<NewToken, ApiError> {
    let PutToken { token_id, hash, user_id, grants, expires_at } = body;
    check_id("the owner", &owner_uid)?;
    check_id("user_id", &user_id)?;
    check_time("expires_at", expires_at)?;
    if revision < 1 {
        return Err(ApiError::bad_request("revisions are counted from 1"));
    }
    if token_id.len() != 16 || !token_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(ApiError::validation("token_id must have 16 letters and digits"));
    }
    if grants.len() > MAX_GRANTS {
        return Err(ApiError::validation(format!("a token has at most {MAX_GRANTS} grants")));
    }
    policy::check(&grants).map_err(|e| ApiError::validation(e.to_string()))?;
    let grants = serde_json::to_value(grants).map_err(ApiError::internal)?;
    Ok(NewToken { token_id, user_id, hash: hash.0, grants, expires_at, owner_uid, revision })
}

#[cfg(test)]
mod tests {
    use catalog_api::{BearerToken, Grant, Privilege};
    use jiff::Timestamp;

    use super::*;

    fn body() -> PutToken {
        let token = BearerToken::generate().unwrap();
        let grant = Grant { warehouse: "lake".into(), namespaces: vec![], privileges: vec![Privilege::Read] };
        PutToken {
            token_id: token.id().into(),
            hash: token.hash(),
            user_id: "token:team/etl".into(),
            grants: vec![grant],
            expires_at: Timestamp::constant(32_472_144_000, 0),
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(check("uid".into(), 1, body()).is_ok());
        assert!(check("uid".into(), 0, body()).is_err());
        assert!(check("u id".into(), 1, body()).is_err());
        assert!(check("uid".into(), 1, PutToken { token_id: "short".into(), ..body() }).is_err());
        assert!(check("uid".into(), 1, PutToken { user_id: String::new(), ..body() }).is_err());
        assert!(check("uid".into(), 1, PutToken { expires_at: Timestamp::MAX, ..body() }).is_err());
        let mut without = body();
        without.grants[0].privileges.clear();
        assert!(check("uid".into(), 1, without).is_err());
    }
}
