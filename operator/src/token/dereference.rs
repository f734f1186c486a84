//! Reads all that a Token refers to, and the Secret of its reader.

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;

use super::Dereferenced;
use super::reader::Reader;
use crate::catalog::seen;
use crate::cluster::{self, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::server;

/// What was read in the cluster.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) read: Dereferenced,
    /// In the place of the Token's Secret.
    pub(super) reader: Reader,
}

/// # Errors
/// Those of [`seen`]; failed calls.
pub(super) async fn dereference(context: &Context, token: &crds::Token, owner: &Owner) -> Result<Found, Halt> {
    let catalog = seen(context, &token.spec.catalog_ref, &owner.namespace).await?;
    let secret = cluster::read::<Secret>(context, &owner.namespace, &secret_name(token)).await?;
    let uri = catalog.as_ref().map(|seen| server::uri(&seen.catalog, &context.settings));
    Ok(Found { read: Dereferenced { token: token.clone(), catalog, uri }, reader: Reader::of(secret.as_ref(), owner) })
}

/// The Secret that the spec asks for.
pub(super) fn secret_name(token: &crds::Token) -> String {
    token.spec.secret_name.clone().unwrap_or_else(|| token.name_any())
}
