//! What a handler knows when it begins: who calls, on which warehouse and branch, and what the caller may do there.
//!
//! The extractors only judge what [`crate::auth::authenticate`] has read; they ask no database.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use catalog_api::{Prefix, Privilege};
use catalog_store::{Access, Branch, NamespacePath, Revision, View};

use crate::app::App;
use crate::auth::{Authenticated, Caller, Principal};
use crate::error::ApiError;
use crate::policy::Rights;
use crate::reference;
use crate::repeatable::Repeatable;
use crate::storage::WarehouseContext;

/// For routes `/v1/{prefix}/…` and `/api/v1/warehouses/{warehouse}/…`.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who calls.
    pub principal: Arc<Principal>,
    /// The warehouse of the prefix.
    pub warehouse: Arc<WarehouseContext>,
    /// The state that is read, and the branch that is written, if the ref is one.
    pub revision: Arc<Revision>,
    /// What is known of a request that may come again.
    pub repeatable: Option<Repeatable>,
    rights: Rights,
}

impl Session {
    /// Opens the warehouse that the path names.
    ///
    /// # Errors
    /// 403 for the operator, 404 for a warehouse that is not there or that the principal has no grant on that counts, and for a ref
    /// that is not there, 400 for two refs at once.
    pub fn of(parts: &Parts) -> Result<Self, ApiError> {
        let Authenticated { caller, prefix, access, revision } = authenticated(parts)?;
        let principal = principal(caller)?;
        let access = access.ok_or_else(|| ApiError::internal("a principal without access"))?;
        match prefix {
            Some(prefix) => {
                let repeatable = parts.extensions.get::<Repeatable>().cloned();
                Ok(Self { repeatable, ..open(principal, &prefix, &parts.headers, access, revision)? })
            }
            None => Err(ApiError::no_such_warehouse(named(parts.uri.path()))),
        }
    }

    /// The same session on the state that a ref expression names; on its own one if there is none.
    ///
    /// # Errors
    /// 400 for what is no ref expression, 404 for a ref that is not there.
    pub async fn at(&self, app: &App, expression: Option<&str>) -> Result<Self, ApiError> {
        let Some(expression) = expression else { return Ok(self.clone()) };
        let revision = reference::revision(&*app.store, &self.warehouse.row, expression).await?;
        Ok(Self { revision: revision.into(), ..self.clone() })
    }

    /// The state that is read.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.revision.view
    }

    /// The branch that is written.
    ///
    /// # Errors
    /// 400 if the ref is a tag, a time or a commit; 403 for a protected branch, into which changes are only merged.
    pub fn branch(&self) -> Result<&Branch, ApiError> {
        let Some(branch) = &self.revision.branch else {
            return Err(ApiError::bad_request(
                "only a branch can be written to: a tag, a time or a commit is the past",
            ));
        };
        if branch.protected {
            let text = format!("branch {} is protected: write to another branch and merge that", branch.name);
            return Err(ApiError::forbidden(text));
        }
        Ok(branch)
    }

    /// # Errors
    /// 403 if the principal lacks the privilege on this namespace (for a table: ask for the namespace that holds it);
    /// for `Write` as [`Self::branch`], too.
    pub fn allow(&self, privilege: Privilege, namespace: &NamespacePath) -> Result<(), ApiError> {
        if !self.rights.allow(privilege, namespace) {
            return Err(self.forbidden(&format!("the privilege {privilege:?}"), namespace));
        }
        match privilege {
            Privilege::Write => self.branch().map(drop),
            Privilege::Read | Privilege::Manage => Ok(()),
        }
    }

    /// True if the principal may read this namespace and all that it holds.
    #[must_use]
    pub fn reads(&self, namespace: &NamespacePath) -> bool {
        self.rights.allow(Privilege::Read, namespace)
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
    pub principal: Arc<Principal>,
    headers: HeaderMap,
}

impl PrincipalSession {
    /// Opens the warehouse as a route behind the prefix would.
    ///
    /// # Errors
    /// 404 for a warehouse that is not there or that the principal has no grant on that counts, and for a ref that is not there, 400
    /// for two refs at once.
    pub async fn open(self, app: &App, prefix: &Prefix) -> Result<Session, ApiError> {
        let (access, revision) = reference::access(&*app.store, None, Some(prefix), &self.headers).await?;
        open(self.principal, prefix, &self.headers, access, revision.map(Arc::new))
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
        let Authenticated { caller, prefix: _, access: _, revision: _ } = authenticated(parts)?;
        Ok(Self { principal: principal(caller)?, headers: parts.headers.clone() })
    }
}

impl FromRequestParts<Arc<App>> for AdminSession {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Authenticated { caller, prefix: _, access: _, revision: _ } = authenticated(parts)?;
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

/// What stands in a path where the name of a warehouse should.
fn named(path: &str) -> &str {
    let named = match path.strip_prefix("/api/v1/warehouses/") {
        Some(below) => below.split('/').next(),
        None => path.split('/').nth(2),
    };
    named.unwrap_or_default()
}

fn authenticated(parts: &Parts) -> Result<Authenticated, ApiError> {
    let found = parts.extensions.get::<Authenticated>().cloned();
    found.ok_or_else(|| ApiError::internal("a route is not behind the authentication"))
}

fn principal(caller: Caller) -> Result<Arc<Principal>, ApiError> {
    match caller {
        Caller::Principal(principal) => Ok(principal),
        Caller::Admin => Err(ApiError::forbidden(
            "the admin token manages warehouses and tokens; use a Token's to read and write tables",
        )),
    }
}

fn open(
    principal: Arc<Principal>,
    prefix: &Prefix,
    headers: &HeaderMap,
    access: Access,
    revision: Option<Arc<Revision>>,
) -> Result<Session, ApiError> {
    let Prefix { warehouse: name, reference } = prefix;
    let Access { token: _, warehouse, branch: _, database_now: _ } = access;
    let rights = Rights::on(name, &principal.grants);
    let (Some(row), false) = (warehouse, rights.is_empty()) else { return Err(ApiError::no_such_warehouse(name)) };
    let warehouse = Arc::new(WarehouseContext::new(row).map_err(ApiError::internal)?);
    if !warehouse.admits(&principal.name) {
        return Err(ApiError::no_such_warehouse(name));
    }
    let asked = reference::asked(reference.as_ref(), headers)?;
    let revision = revision.ok_or_else(|| ApiError::no_such_ref(name, &asked))?;
    Ok(Session { principal, warehouse, revision, repeatable: None, rights })
}
