//! The end of a Token, and the end of what it was allowed: its credentials are revoked.

use crds::Catalog;
use k8s_openapi::api::core::v1::Secret;

use super::dereference::secret_name;
use super::reader::Reader;
use crate::catalog::Seen;
use crate::cluster::{self, Notice, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::{catalog, server};

/// Revokes, then lets go. The Secret goes by its owner reference.
///
/// # Errors
/// While there may be a credential, and the server cannot be told.
pub(super) async fn let_go(context: &Context, token: &crds::Token, owner: &Owner) -> Result<(), Halt> {
    let notice = match revoke_at_catalog(context, token, owner).await {
        Ok(notice) => notice,
        Err(halt) if issued(context, token, owner).await? => return Err(halt),
        Err(_) => Notice::normal("LetGo", "no credential was ever issued"),
    };
    cluster::event(context, token, notice).await;
    hit("token.finalizer");
    cluster::remove_finalizer(context, token).await?;
    Ok(())
}

async fn revoke_at_catalog(context: &Context, token: &crds::Token, owner: &Owner) -> Result<Notice, Halt> {
    let reference = &token.spec.catalog_ref;
    let home = reference.namespace.as_deref().unwrap_or(&owner.namespace);
    let Some(catalog) = cluster::read::<Catalog>(context, home, &reference.name).await? else {
        let message =
            format!("the Catalog {home}/{} is gone, and with it whoever takes the credential", reference.name);
        return Ok(Notice::normal("LetGo", message));
    };
    match revoke(context, &catalog, &owner.uid).await {
        Ok(()) => Ok(Notice::normal("Revoked", "the Token is deleted: its credentials are refused from now on")),
        Err(_) if catalog::is_past_farewell(context, &catalog).await? => {
            let message = "the Catalog ends, and its servers with it: its end revokes the credentials";
            Ok(Notice::normal("LetGo", message))
        }
        Err(halt) => Err(halt),
    }
}

async fn revoke(context: &Context, catalog: &Catalog, uid: &str) -> Result<(), Halt> {
    let client = server::client(context, catalog).await?;
    hit("token.revoke");
    client.revoke_tokens(uid).await.map_err(|error| server::halt(catalog, error))
}

/// Whether somebody may hold a credential.
async fn issued(context: &Context, token: &crds::Token, owner: &Owner) -> Result<bool, Halt> {
    if token.status.as_ref().is_some_and(|status| status.revision.is_some()) {
        return Ok(true);
    }
    let secret = cluster::read::<Secret>(context, &owner.namespace, &secret_name(token)).await?;
    Ok(matches!(Reader::of(secret.as_ref(), owner), Reader::Own { .. }))
}

/// Ends the credentials of a Token whose namespace the Catalog does not admit any more. If it is admitted again, a new
/// one is issued.
///
/// # Errors
/// If the server cannot be told.
pub(super) async fn withdraw(
    context: &Context,
    token: &crds::Token,
    owner: &Owner,
    catalog: Option<&Seen>,
) -> Result<(), Halt> {
    let Some(Seen { catalog, namespace_labels: _ }) = catalog else { return Ok(()) };
    if !issued(context, token, owner).await? {
        return Ok(());
    }
    let halt = |error| server::halt(catalog, error);
    let client = server::client(context, catalog).await?;
    let newest = client.newest_token(&owner.uid).await.map_err(halt)?;
    if newest.is_none_or(|newest| newest.revoked_at.is_some()) {
        return Ok(());
    }
    hit("token.revoke");
    client.revoke_tokens(&owner.uid).await.map_err(halt)?;
    let message = "the Catalog does not admit this namespace any more: the credentials are refused from now on";
    cluster::event(context, token, Notice::warning("Revoked", message)).await;
    Ok(())
}
