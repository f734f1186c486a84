//! The objects that were made for a resource.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::api::ListParams;
use kube::{Resource, ResourceExt as _};
use serde::de::DeserializeOwned;

use super::{Owner, api, labels, within};
use crate::Error;
use crate::context::Context;

/// The names of the owner's objects of a kind, in its own namespace.
///
/// # Errors
/// [`Error`].
pub async fn children<K>(context: &Context, owner: &Owner, component: &str) -> Result<Vec<String>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let selector: Vec<_> = labels(owner, component).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    let params = ListParams::default().labels(&selector.join(","));
    let attempted = || format!("list the {} of {} {}/{}", K::plural(&()), owner.kind, owner.namespace, owner.name);
    let found = within(attempted, api::<K>(&context.client, &owner.namespace).list_metadata(&params)).await?;
    // Names of owners are cut for the label, and used again after a deletion.
    let ours = found.items.iter().filter(|object| owner.owns(&object.metadata));
    Ok(ours.map(|object| object.name_any()).collect())
}
