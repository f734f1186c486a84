//! A Token and its Catalog → a credential that can be issued.

use std::time::Duration;

use catalog_api::Grant;
use crds::{Catalog, Token, TokenSpec};
use kube::ResourceExt as _;

use super::grants;
use crate::Hold;
use crate::catalog::{Seen, admitted};

/// How long a replaced credential stays good unless the Token says otherwise (contract, section 2).
const OVERLAP: Duration = Duration::from_secs(3600);

/// Everything that was read for a Token.
#[derive(Clone, Debug)]
pub struct Dereferenced {
    pub token: Token,
    /// `None` if there is none of that name.
    pub catalog: Option<Seen>,
    /// The address at which clients reach the Catalog; `None` while it is not known.
    pub uri: Option<String>,
}

impl Dereferenced {
    /// The Catalog, if it takes the Token.
    ///
    /// # Errors
    /// `CatalogNotFound`, `NotAllowed`.
    pub(super) fn admitted(&self) -> Result<&Catalog, Hold> {
        let namespace = self.token.namespace().unwrap_or_default();
        admitted(self.catalog.as_ref(), &self.token.spec.catalog_ref, &namespace)
    }
}

/// A Token for which credentials can be issued.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
    pub uid: String,
    /// The principal: `token:<namespace>/<name>`.
    pub principal: String,
    pub grants: Vec<Grant>,
    pub ttl: Duration,
    pub renew_before: Duration,
    pub overlap: Duration,
    pub secret_name: String,
    /// Where clients find the Catalog, without a slash at its end.
    pub uri: String,
}

impl Validated {
    /// For tests, which have no time for the shortest life that a Token may ask for: every credential lives for `ttl`,
    /// and what else is a length of time shrinks with it.
    #[must_use]
    pub fn shortened(self, ttl: Option<Duration>) -> Self {
        match ttl {
            Some(ttl) => Self { ttl, renew_before: ttl / 3, overlap: self.overlap.min(ttl / 3), ..self },
            None => self,
        }
    }
}

/// # Errors
/// `CatalogNotFound`, `NotAllowed`, `CatalogNotReady`.
pub fn validate(read: &Dereferenced) -> Result<Validated, Hold> {
    let Dereferenced { token, catalog: _, uri } = read;
    let TokenSpec { catalog_ref: _, grants, ttl, renew_before, overlap, secret_name, type_: crds::TokenType::Bearer } =
        &token.spec;
    let namespace = token.namespace().unwrap_or_default();
    let catalog = read.admitted()?;
    let uri = catalog.spec.external_uri.as_ref().or(uri.as_ref());
    let uri = uri.ok_or_else(|| Hold::waiting("CatalogNotReady", "the Catalog has no address yet"))?;
    let ttl = Duration::from_secs(ttl.as_secs());
    let seconds = |duration: &crds::Duration| Duration::from_secs(duration.as_secs());
    Ok(Validated {
        uid: token.uid().ok_or_else(|| Hold::stalled("NoUid", "the Token has no uid"))?,
        principal: format!("token:{namespace}/{}", token.name_any()),
        grants: grants.iter().map(grants::wire).collect(),
        ttl,
        renew_before: renew_before.as_ref().map_or(ttl / 3, seconds),
        overlap: overlap.as_ref().map_or(OVERLAP, seconds),
        secret_name: secret_name.clone().unwrap_or_else(|| token.name_any()),
        uri: uri.trim_end_matches('/').into(),
    })
}
