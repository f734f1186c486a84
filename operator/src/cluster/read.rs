//! Reads of single objects. What is not there is `None`.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Secret;
use kube::Resource;
use kube::api::PartialObjectMeta;
use serde::de::DeserializeOwned;

use super::{api, named, within};
use crate::context::Context;
use crate::{Error, SecretData};

/// An object as it is now.
///
/// # Errors
/// [`Error`].
pub async fn read<K>(context: &Context, namespace: &str, name: &str) -> Result<Option<K>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    within(|| format!("read {}", named::<K>(namespace, name)), api(&context.client, namespace).get_opt(name)).await
}

/// The metadata of an object, without its content.
///
/// # Errors
/// [`Error`].
pub async fn read_metadata<K>(
    context: &Context,
    namespace: &str,
    name: &str,
) -> Result<Option<PartialObjectMeta<K>>, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let attempted = || format!("read the metadata of {}", named::<K>(namespace, name));
    within(attempted, api::<K>(&context.client, namespace).get_metadata_opt(name)).await
}

/// The content of a Secret.
///
/// # Errors
/// [`Error`], which never quotes it.
pub async fn read_secret(context: &Context, namespace: &str, name: &str) -> Result<Option<SecretData>, Error> {
    let secret = read::<Secret>(context, namespace, name).await?;
    Ok(secret.map(|secret| SecretData(secret.data.unwrap_or_default())))
}
