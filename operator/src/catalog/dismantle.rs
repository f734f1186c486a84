//! Takes down what a Catalog made in its namespace, before it goes itself. Left to the garbage collector, the old servers
//! would still run, and answer in its Service, when the next Catalog of that name is there already, whose keys and tokens
//! they do not know. And the garbage collector may not know our kinds for half a minute after they were installed.

use std::fmt::Debug;

use jiff::SignedDuration;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::Resource;
use serde::de::DeserializeOwned;

use super::build::COMPONENT;
use crate::cluster::{Owner, children, delete, delete_after_its_own, read_metadata};
use crate::context::Context;
use crate::error::Halt;
use crate::{Error, Hold};

/// The pods of a node that is away never end: after so long they are left to themselves.
const WAIT_FOR_PODS: SignedDuration = SignedDuration::from_mins(2);

/// The Deployment, and done only when its last pod is gone.
///
/// # Errors
/// `ServersEnding` until then; failed calls.
pub(super) async fn end_servers(context: &Context, owner: &Owner) -> Result<(), Halt> {
    let Some(servers) = read_metadata::<Deployment>(context, &owner.namespace, &owner.name).await? else {
        return Ok(());
    };
    if !owner.owns(&servers.metadata) {
        return Ok(());
    }
    match servers.metadata.deletion_timestamp {
        None => drop(delete_after_its_own::<Deployment>(context, owner, &owner.namespace, &owner.name).await?),
        Some(since) if (context.now)().duration_since(since.0) >= WAIT_FOR_PODS => return Ok(()),
        Some(_) => {}
    }
    Err(Hold::waiting("ServersEnding", "its servers end what they have begun").into())
}

/// All that the servers needed.
///
/// # Errors
/// Failed calls.
pub(super) async fn clear_away(context: &Context, owner: &Owner) -> Result<(), Error> {
    all::<Service>(context, owner).await?;
    all::<PodDisruptionBudget>(context, owner).await?;
    all::<NetworkPolicy>(context, owner).await?;
    all::<ServiceAccount>(context, owner).await?;
    all::<ConfigMap>(context, owner).await?;
    all::<Secret>(context, owner).await
}

async fn all<K>(context: &Context, owner: &Owner) -> Result<(), Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    for name in children::<K>(context, owner, COMPONENT).await? {
        delete::<K>(context, owner, &owner.namespace, &name).await?;
    }
    Ok(())
}
