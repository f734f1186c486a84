//! The middleware that turns a bearer token into a caller. It stands before all routes, the unknown ones included, so
//! that no route can forget it: whoever has no credential learns nothing but that.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use catalog_api::{BearerToken, Grant, Prefix, TokenHash};
use catalog_store::{Access, Token};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::{Authenticated, Caller, CallerName, Principal};
use crate::app::App;
use crate::error::ApiError;
use crate::middleware::Inner;
use crate::reference;
use crate::routes::iceberg::unbuilt as unsupported;

/// The routes that need no credential. That of OAuth only says which credential to use instead.
const PUBLIC: [&str; 3] = ["/", "/api/v1/openapi.json", unsupported::OAUTH];

/// Puts [`Authenticated`] into the request's extensions, or answers 401.
pub async fn authenticate(app: Arc<App>, mut request: Request, next: impl Inner) -> Response {
    if PUBLIC.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let caller = match identify(&app, request.headers(), request.uri().path()).await {
        Ok(authenticated) => authenticated,
        Err(error) => return error.into_response(),
    };
    let name = CallerName(caller.caller.name().to_owned());
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(name);
    response
}

/// Returns whether the request has the operator's credential.
#[must_use]
pub fn is_admin(app: &App, headers: &HeaderMap) -> bool {
    bearer(headers).is_ok_and(|token| app.admins.contains(&token.hash()))
}

async fn identify(app: &App, headers: &HeaderMap, path: &str) -> Result<Authenticated, ApiError> {
    let token = bearer(headers)?;
    let hash = token.hash();
    if app.admins.contains(&hash) {
        return Ok(Authenticated { caller: Caller::Admin, prefix: None, access: None, revision: None });
    }
    if let Some(obstacle) = app.readiness.obstacle() {
        return Err(ApiError::unavailable(format!("the server is not ready: {obstacle}")));
    }
    let prefix = prefix(path);
    let (access, revision) = reference::access(&*app.store, Some(token.id()), prefix.as_ref(), headers).await?;
    let caller = Caller::Principal(check(&hash, &access)?.into());
    Ok(Authenticated { caller, prefix, access: Some(access), revision: revision.map(Arc::new) })
}

/// RFC 6750, 2.1: the scheme's name in any case, one token.
fn bearer(headers: &HeaderMap) -> Result<BearerToken, ApiError> {
    let missing = || ApiError::not_authorized("send a token in the header Authorization: Bearer TOKEN");
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(ApiError::bad_request("send one header Authorization, not several"));
    }
    let (scheme, token) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    BearerToken::parse(token.trim()).map_err(|e| ApiError::not_authorized(e.to_string()))
}

/// `/v1/{prefix}/…` and `/api/v1/warehouses/{warehouse}/…`; whatever else names no warehouse to work in. Clients may
/// percent-encode what need not be (`~`).
fn prefix(path: &str) -> Option<Prefix> {
    if let Some(below) = path.strip_prefix("/api/v1/warehouses/") {
        let (warehouse, _) = below.split_once('/')?;
        let named = Prefix { warehouse: warehouse.to_owned(), reference: None };
        return catalog_api::is_warehouse_name(warehouse).then_some(named);
    }
    let (prefix, _) = path.strip_prefix("/v1/")?.split_once('/')?;
    Prefix::parse(&percent_decode_str(prefix).decode_utf8().ok()?)
}

/// Judges the token by the clock of the database, which all replicas share.
fn check(hash: &TokenHash, access: &Access) -> Result<Principal, ApiError> {
    let now = access.database_now;
    let token = access.token.as_deref().filter(|t| TokenHash(t.hash) == *hash);
    let Some(Token { user_id, grants, expires_at, revoked_at, .. }) = token else {
        return Err(ApiError::not_authorized("the token is not known"));
    };
    // Written by a server's clock, which may be ahead of the database's: a revocation is never in the future.
    if revoked_at.is_some() {
        return Err(ApiError::not_authorized("the token was revoked"));
    }
    if *expires_at <= now {
        return Err(ApiError::not_authorized("the token has expired"));
    }
    let grants = Vec::<Grant>::deserialize(grants).map_err(ApiError::internal)?;
    Ok(Principal { name: user_id.clone(), grants })
}

#[cfg(test)]
mod tests {
    use catalog_api::{Auth, ENDPOINTS, Privilege};
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    fn access(token: &BearerToken, change: impl FnOnce(&mut Token)) -> Access {
        let now = Timestamp::UNIX_EPOCH;
        let grants = vec![Grant { warehouse: "lake".into(), namespaces: vec![], privileges: vec![Privilege::Read] }];
        let mut row = Token {
            token_id: token.id().into(),
            user_id: "token:team/etl".into(),
            hash: token.hash().0,
            grants: serde_json::to_value(grants).unwrap(),
            expires_at: now + SignedDuration::from_micros(1),
            confirmed_at: None,
            revoked_at: None,
            owner_uid: "uid".into(),
            revision: 1,
        };
        change(&mut row);
        Access { token: Some(row.into()), warehouse: None, branch: None, database_now: now }
    }

    #[test]
    fn those_that_the_contract_calls_public_are_public() {
        let public = ENDPOINTS.iter().filter(|endpoint| endpoint.auth == Auth::Public).map(|endpoint| endpoint.path);
        assert_eq!(public.chain([unsupported::OAUTH]).collect::<Vec<_>>(), PUBLIC);
    }

    #[test]
    fn a_token_is_valid_until_the_moment_it_ends() {
        let token = BearerToken::generate().unwrap();
        let judge = |change: fn(&mut Token)| check(&token.hash(), &access(&token, change));
        assert_eq!(judge(|_| ()).unwrap().name, "token:team/etl");
        assert!(judge(|t| t.expires_at = Timestamp::UNIX_EPOCH).is_err());
        assert!(judge(|t| t.revoked_at = Some(Timestamp::UNIX_EPOCH)).is_err());
        assert!(judge(|t| t.revoked_at = Some(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1))).is_err());
        assert!(judge(|t| t.hash[0] ^= 1).is_err());
    }

    #[test]
    fn only_one_well_formed_bearer_is_read() {
        let token = BearerToken::generate().unwrap();
        let headers = |values: &[String]| {
            values.iter().map(|v| (header::AUTHORIZATION, v.parse().unwrap())).collect::<HeaderMap>()
        };
        let good = format!("bearer {}", token.expose());
        assert!(bearer(&headers(std::slice::from_ref(&good))).is_ok());
        for bad in [
            vec![],
            vec![good.clone(), good],
            vec!["Basic eDp5".into()],
            vec!["Bearer".into()],
            vec!["Bearer x".into()],
        ] {
            assert!(bearer(&headers(&bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_warehouse_is_read_from_routes_that_lie_in_one() {
        assert_eq!(prefix("/v1/lake/namespaces").unwrap().warehouse, "lake");
        assert_eq!(prefix("/v1/lak%65%7EbWFpbg/namespaces"), prefix("/v1/lake~bWFpbg/namespaces"));
        assert_eq!(prefix("/api/v1/warehouses/lake/refs"), prefix("/v1/lake/namespaces"));
        assert_eq!(prefix("/api/v1/warehouses/lake~bWFpbg/refs"), None);
        for path in ["/v1/config", "/api/v1/warehouses/x", "/v1/La ke/namespaces", "/v1"] {
            assert_eq!(prefix(path), None, "{path}");
        }
    }
}
