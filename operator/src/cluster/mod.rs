//! The leaves that talk to the API server, one file each. Every call ends within [`PATIENCE`], whatever the server does.

mod apply;
mod children;
mod compare;
mod delete;
mod event;
mod finalizer;
mod list;
mod namespaces;
mod orphans;
mod owner;
mod read;
mod status;
#[cfg(test)]
mod tests;
mod writes;

pub use apply::{Applied, Change, apply, apply_apart};
pub use children::children;
pub use delete::{delete, delete_after_its_own};
pub use event::{Notice, event};
pub use finalizer::{FINALIZER, add as add_finalizer, has as has_finalizer, remove as remove_finalizer};
pub use list::{list, list_in, list_labelled};
pub use namespaces::{namespace_labels, watched_namespaces};
pub use orphans::sweep as sweep_orphans;
pub(crate) use owner::MANAGED_BY;
pub use owner::{OWNER_UID, Owner, labels};
pub use read::{read, read_metadata, read_secret};
pub use status::write as write_status;

use std::future::Future;
use std::time::Duration;

use kube::api::Api;
use kube::{Client, Resource};

use crate::Error;

/// How long the API server may take for one answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// An answer in time, or an error that says what was attempted: a phrase after "cannot".
pub(crate) async fn within<T>(
    attempted: impl FnOnce() -> String,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Error> {
    limited(PATIENCE, attempted, call).await
}

async fn limited<T>(
    limit: Duration,
    attempted: impl FnOnce() -> String,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(source)) => Err(Error::Cluster { attempted: attempted(), source: Box::new(source) }),
        Err(_) => Err(Error::Timeout { attempted: attempted(), limit }),
    }
}

fn api<K>(client: &Client, namespace: &str) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
{
    Api::namespaced(client.clone(), namespace)
}

/// As in `Secret team/keys`.
fn named<K: Resource<DynamicType = ()>>(namespace: &str, name: &str) -> String {
    format!("{} {namespace}/{name}", K::kind(&()))
}
