//! Secrets that a Token had under another name.

use k8s_openapi::api::core::v1::Secret;

use super::apply::{COMPONENT, Supplied};
use crate::cluster::{self, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;

/// Deletes all Secrets of the Token but the one that it has now. They are looked for only if the status names another.
///
/// # Errors
/// Failed calls.
pub(super) async fn tidy(context: &Context, token: &crds::Token, owner: &Owner, now: &Supplied) -> Result<(), Halt> {
    let before = token.status.as_ref().and_then(|status| status.secret_name.as_ref());
    if before.is_none_or(|before| *before == now.secret_name) {
        return Ok(());
    }
    hit("token.tidy");
    for name in cluster::children::<Secret>(context, owner, COMPONENT).await? {
        if name != now.secret_name {
            cluster::delete::<Secret>(context, owner, &owner.namespace, &name).await?;
        }
    }
    Ok(())
}
