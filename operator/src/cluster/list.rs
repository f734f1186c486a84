//! Objects of a kind: all in the namespaces that the operator watches, or those with some labels in one namespace.

use std::collections::BTreeMap;
use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::{Api, ListParams};
use kube::core::DeserializeGuard;
use serde::de::DeserializeOwned;

use super::{api, within};
use crate::Error;
use crate::context::Context;

/// The objects that can be read; one that can't be parsed is left out, and so is a watched namespace that is gone or whose
/// Role is gone.
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
        match list_one(&api).await {
            Ok(some) => all.extend(some),
            Err(error) if api.namespace().is_some() && matches!(error.code(), Some(403 | 404)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn list_one<K>(api: &Api<DeserializeGuard<K>>) -> Result<Vec<K>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let page = within(|| format!("list the {}", K::plural(&())), api.list(&ListParams::default())).await?;
    Ok(page.items.into_iter().filter_map(|DeserializeGuard(one)| one.ok()).collect())
}

/// The objects of a namespace that can be read; one that can't be parsed is left out.
///
/// # Errors
/// [`Error`].
pub async fn list_in<K>(context: &Context, namespace: &str) -> Result<Vec<K>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    list_one(&api(&context.client, namespace)).await
}

/// The objects of a namespace that have all these labels.
///
/// # Errors
/// [`Error`].
pub async fn list_labelled<K>(
    context: &Context,
    namespace: &str,
    labels: &BTreeMap<String, String>,
) -> Result<Vec<K>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let selector = labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let params = ListParams::default().labels(&selector);
    let api = api::<K>(&context.client, namespace);
    Ok(within(|| format!("list the {} of {namespace}", K::plural(&())), api.list(&params)).await?.items)
}
