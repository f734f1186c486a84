//! All objects of a kind in the namespaces that the operator watches.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::{Api, ListParams};
use kube::core::DeserializeGuard;
use serde::de::DeserializeOwned;

use super::{api, within};
use crate::Error;
use crate::context::Context;

/// The objects that can be read; one that can't be parsed is left out.
///
/// # Errors
/// [`Error`].
pub async fn list<K>(context: &Context) -> Result<Vec<K>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let watched = &context.settings.watch_namespaces;
    let apis: Vec<Api<DeserializeGuard<K>>> = match watched.as_slice() {
        [] => vec![Api::all(context.client.clone())],
        some => some.iter().map(|namespace| api(&context.client, namespace)).collect(),
    };
    let mut all = Vec::new();
    for api in apis {
        let page = within(|| format!("list the {}", K::plural(&())), api.list(&ListParams::default())).await?;
        all.extend(page.items.into_iter().filter_map(|DeserializeGuard(one)| one.ok()));
    }
    Ok(all)
}
