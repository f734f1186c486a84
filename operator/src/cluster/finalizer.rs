//! The finalizer of a resource whose end has to be told to something outside of the cluster.

use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::{api, named, within};
use crate::Error;
use crate::context::Context;
use crate::kind::Kind;

/// The one finalizer of all three kinds.
pub const FINALIZER: &str = "catalog.pangolin.dev/let-go";

/// Whether the resource has it.
#[must_use]
pub fn has<K: Kind>(resource: &K) -> bool {
    resource.finalizers().iter().any(|one| one == FINALIZER)
}

/// Adds it; done already if the resource has it.
///
/// # Errors
/// [`Error`]; a conflict if the resource has changed since it was read.
pub async fn add<K: Kind>(context: &Context, resource: &K) -> Result<(), Error> {
    if has(resource) {
        return Ok(());
    }
    let mut all = resource.finalizers().to_vec();
    all.push(FINALIZER.into());
    set(context, resource, &all).await
}

/// Takes it off; done already if the resource has none, or is gone.
///
/// # Errors
/// [`Error`]; a conflict if the resource has changed since it was read.
pub async fn remove<K: Kind>(context: &Context, resource: &K) -> Result<(), Error> {
    if !has(resource) {
        return Ok(());
    }
    let all: Vec<_> = resource.finalizers().iter().filter(|one| *one != FINALIZER).cloned().collect();
    match set(context, resource, &all).await {
        Err(error) if error.code() == Some(404) => Ok(()),
        answer => answer,
    }
}

/// The list is replaced as a whole, so the version says that nobody changed it in between.
async fn set<K: Kind>(context: &Context, resource: &K, all: &[String]) -> Result<(), Error> {
    let (namespace, name) = (resource.namespace().unwrap_or_default(), resource.name_any());
    let patch = json!({"metadata": {
        "uid": resource.uid(),
        "resourceVersion": resource.resource_version(),
        "finalizers": all,
    }});
    let params = PatchParams { field_manager: Some(K::MANAGER.into()), ..PatchParams::default() };
    let api = api::<K>(&context.client, &namespace);
    let attempted = || format!("change the finalizers of {}", named::<K>(&namespace, &name));
    within(attempted, api.patch_metadata(&name, &params, &Patch::Merge(patch))).await.map(drop)
}
