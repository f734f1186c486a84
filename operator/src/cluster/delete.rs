//! Deletion of an object that is ours.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::{DeleteParams, Preconditions};
use serde::de::DeserializeOwned;

use super::{Owner, api, named, read_metadata, within};
use crate::Error;
use crate::context::Context;

/// Deletes the object if it is the owner's. Returns whether there was one.
///
/// # Errors
/// [`Error`]; that it is gone, or somebody else's, is none.
pub async fn delete<K>(context: &Context, owner: &Owner, namespace: &str, name: &str) -> Result<bool, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    delete_with::<K>(context, owner, namespace, name, DeleteParams::background()).await
}

/// As [`delete`], but it stays until all that it owns is gone: a Deployment until its last pod has ended.
///
/// # Errors
/// As [`delete`].
pub async fn delete_after_its_own<K>(
    context: &Context,
    owner: &Owner,
    namespace: &str,
    name: &str,
) -> Result<bool, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    delete_with::<K>(context, owner, namespace, name, DeleteParams::foreground()).await
}

async fn delete_with<K>(
    context: &Context,
    owner: &Owner,
    namespace: &str,
    name: &str,
    params: DeleteParams,
) -> Result<bool, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let Some(found) = read_metadata::<K>(context, namespace, name).await? else { return Ok(false) };
    if !owner.owns(&found.metadata) {
        return Ok(false);
    }
    let preconditions = Preconditions { uid: found.metadata.uid, resource_version: None };
    let call = api::<K>(&context.client, namespace);
    let params = params.preconditions(preconditions);
    let answer = within(|| format!("delete {}", named::<K>(namespace, name)), call.delete(name, &params)).await;
    match answer {
        Ok(_) => Ok(true),
        // Gone, or another object of the same name by now.
        Err(error) if matches!(error.code(), Some(404 | 409)) => Ok(false),
        Err(error) => Err(error),
    }
}
