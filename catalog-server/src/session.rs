//! What a handler knows when it begins: who calls, on which warehouse and branch, and what the caller may do there.
//!
//! The extractors only judge what [`crate::auth::authenticate`] has read; they ask no database.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use catalog_api::names::MAIN;
use catalog_api::{Prefix, Privilege, RefExpr};
use catalog_store::{Access, Branch, NamespacePath, View};

use crate::app::App;
use crate::auth::{Authenticated, Caller, Principal};
use crate::error::ApiError;
use crate::policy::Rights;
use crate::repeatable::Repeatable;
use crate::storage::WarehouseContext;

/// Names a ref for a prefix that names none (CONTRACT §1).
pub const REF_HEADER: &str = "x-pangolin-ref";

/// For routes `/v1/{prefix}/…`.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who calls.
    pub principal: Principal,
    /// The warehouse of the prefix.
    pub warehouse: Arc<WarehouseContext>,
    /// The branch that is read and written.
    pub branch: Branch,
    /// What is known of a request that may come again.
    pub repeatable: Option<Repeatable>,
    rights: Rights,
}

impl Session {
    /// Opens the warehouse that the path names.
    ///
    /// # Errors
    /// 403 for the operator, 404 for a warehouse that is not there or that the principal has no grant on, 400 for a ref
    /// other than `main`.
    pub fn of(parts: &Parts) -> Result<Self, ApiError> {
        let Authenticated { caller, prefix, access } = authenticated(parts)?;
        let principal = principal(caller)?;
        let access = access.ok_or_else(|| ApiError::internal("a principal without access"))?;
        match prefix {
            Some(prefix) => {
                let repeatable = parts.extensions.get::<Repeatable>().cloned();
                Ok(Self { repeatable, ..open(principal, &prefix, &parts.headers, access)? })
            }
            None => Err(ApiError::no_such_warehouse(parts.uri.path().split('/').nth(2).unwrap_or_default())),
        }
    }

    /// The newest state of the branch.
    #[must_use]
    pub fn view(&self) -> View {
        View::head(&self.branch)
    }

    /// # Errors
    /// 403 if the principal lacks the privilege on this namespace. For a table: ask for the namespace that holds it.
    pub fn allow(&self, privilege: Privilege, namespace: &NamespacePath) -> Result<(), ApiError> {
        if self.rights.allow(privilege, namespace) {
            return Ok(());
        }
        Err(self.forbidden(&format!("the privilege {privilege:?}"), namespace))
    }

    /// True if the principal may know that this namespace exists: it may read it, or something below it. Lists leave
    /// out what it does not see.
    #[must_use]
    pub fn sees(&self, namespace: &NamespacePath) -> bool {
        self.rights.sees(namespace)
    }

    /// # Errors
    /// 403 if the principal may not know whether this namespace exists.
    pub fn allow_to_see(&self, namespace: &NamespacePath) -> Result<(), ApiError> {
        if self.sees(namespace) { Ok(()) } else { Err(self.forbidden("a grant to read", namespace)) }
    }

    /// True for a request that came before and succeeded: answer from the state, and change nothing.
    #[must_use]
    pub fn was_answered(&self) -> bool {
        self.repeatable.as_ref().is_some_and(Repeatable::was_answered)
    }

    fn forbidden(&self, lacks: &str, namespace: &NamespacePath) -> ApiError {
        let (name, warehouse) = (&self.principal.name, &self.warehouse.row.name);
        let place = match namespace.is_root() {
            true => format!("the whole warehouse {warehouse}"),
            false => format!("namespace {namespace} of warehouse {warehouse}"),
        };
        ApiError::forbidden(format!("{name} lacks {lacks} on {place}"))
    }
}

/// For `/v1/config`, which names its warehouse in the query.
#[derive(Clone, Debug)]
pub struct PrincipalSession {
    /// Who calls.
    pub principal: Principal,
    headers: HeaderMap,
}

impl PrincipalSession {
    /// Opens the warehouse as a route behind the prefix would.
    ///
    /// # Errors
    /// 404 for a warehouse that is not there or that the principal has no grant on, 400 for a ref other than `main`.
    pub async fn open(self, app: &App, prefix: &Prefix) -> Result<Session, ApiError> {
        let access = app.store.access(None, Some(&prefix.warehouse), MAIN).await?;
        open(self.principal, prefix, &self.headers, access)
    }
}

/// For the management API: the operator.
#[derive(Clone, Copy, Debug)]
pub struct AdminSession;

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        Self::of(parts)
    }
}

impl FromRequestParts<Arc<App>> for PrincipalSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let Authenticated { caller, prefix: _, access: _ } = authenticated(parts)?;
        Ok(Self { principal: principal(caller)?, headers: parts.headers.clone() })
    }
}

impl FromRequestParts<Arc<App>> for AdminSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Authenticated { caller, prefix: _, access: _ } = authenticated(parts)?;
        match caller {
            Caller::Principal(principal) => {
                Err(ApiError::forbidden(format!("{} is not the operator's token", principal.name)))
            }
            Caller::Admin => match app.readiness.obstacle() {
                Some(obstacle) => Err(ApiError::unavailable(format!("the server is not ready: {obstacle}"))),
                None => Ok(Self),
            },
        }
    }
}

fn authenticated(parts: &Parts) -> Result<Authenticated, ApiError> {
    let found = parts.extensions.get::<Authenticated>().cloned();
    found.ok_or_else(|| ApiError::internal("a route is not behind the authentication"))
}

fn principal(caller: Caller) -> Result<Principal, ApiError> {
    match caller {
        Caller::Principal(principal) => Ok(principal),
        Caller::Admin => Err(ApiError::forbidden(
            "the admin token manages warehouses and tokens; use a Token's to read and write tables",
        )),
    }
}

fn open(principal: Principal, prefix: &Prefix, headers: &HeaderMap, access: Access) -> Result<Session, ApiError> {
    let Prefix { warehouse: name, reference } = prefix;
    let Access { token: _, warehouse, branch, database_now: _ } = access;
    let rights = Rights::on(name, &principal.grants);
    let (Some(row), false) = (warehouse, rights.is_empty()) else { return Err(ApiError::no_such_warehouse(name)) };
    check_reference(reference.as_ref(), headers)?;
    let branch = branch.ok_or_else(|| ApiError::internal(format!("warehouse {name} has no branch {MAIN}")))?;
    let warehouse = Arc::new(WarehouseContext::new(row).map_err(ApiError::internal)?);
    Ok(Session { principal, warehouse, branch, repeatable: None, rights })
}

/// Until branches exist, any ref but `main` is 400.
fn check_reference(in_prefix: Option<&RefExpr>, headers: &HeaderMap) -> Result<(), ApiError> {
    let in_header = match headers.get(REF_HEADER) {
        None => None,
        Some(value) => {
            let parsed = value.to_str().ok().and_then(RefExpr::parse);
            Some(parsed.ok_or_else(|| ApiError::bad_request("the header X-Pangolin-Ref is not a ref expression"))?)
        }
    };
    let reference = match (in_prefix, &in_header) {
        (Some(a), Some(b)) if a != b => {
            return Err(ApiError::bad_request("the prefix and the header X-Pangolin-Ref name different refs"));
        }
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => return Ok(()),
    };
    if reference.is_main() { Ok(()) } else { Err(ApiError::bad_request("this server has no refs other than main yet")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(REF_HEADER.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn only_main_can_be_named_and_never_two_refs() {
        let main = RefExpr::parse("main").unwrap();
        let other = RefExpr::parse("other").unwrap();
        assert!(check_reference(None, &HeaderMap::new()).is_ok());
        assert!(check_reference(Some(&main), &headers("main")).is_ok());
        for (prefix, header) in [(Some(&main), "other"), (Some(&other), "other"), (None, "other"), (None, "a b")] {
            assert!(check_reference(prefix, &headers(header)).is_err(), "{prefix:?} {header}");
        }
    }
}
