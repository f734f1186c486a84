//! Who calls: a bearer token becomes a caller before path and body are looked at.

mod admin;
mod bearer;

use std::sync::Arc;

use catalog_api::{Grant, Prefix};
use catalog_store::{Access, Revision};

pub use admin::{AdminHashes, AdminHashesError};
pub use bearer::{authenticate, is_admin};

/// A principal and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// `token:<namespace>/<name>`: the author of its commits.
    pub name: String,
    /// On all warehouses.
    pub grants: Vec<Grant>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The operator: manages warehouses and tokens, and reads no table.
    Admin,
    /// The bearer of a token.
    Principal(Arc<Principal>),
}

impl Caller {
    /// For the access log.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Admin => "admin",
            Self::Principal(principal) => &principal.name,
        }
    }
}

/// What the one statement at the start of a request found; an extension of the request.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who calls.
    pub caller: Caller,
    /// The warehouse, and the ref if one is named, of a path `/v1/{prefix}/…` or `/api/v1/warehouses/{warehouse}/…`, read
    /// once for all who ask; `None` in other paths, and for the admin.
    pub prefix: Option<Prefix>,
    /// The warehouse of a route with a prefix; `None` for the admin, who is known without the database.
    pub access: Option<Access>,
    /// What the ref of such a route means; `None` if it is not there.
    pub revision: Option<Arc<Revision>>,
}

/// The caller's name; an extension of the response, for the access log.
#[derive(Clone, Debug)]
pub struct CallerName(pub String);
