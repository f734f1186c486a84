//! Secrets in the operator's own namespace that outlived their Catalog: its finalizer, which deletes them, was removed by
//! hand. They hold the URL of a database and a token, and have no owner reference that would make Kubernetes delete them.
//!
//! One is deleted only if the API server says that the Catalog of that uid does not exist. Where it cannot be read, such as
//! in a namespace whose Role is gone, nothing is deleted.

use std::sync::Arc;

use crds::Catalog;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams, ObjectMeta, Preconditions};

use super::owner::{MANAGED_BY, OWNER};
use super::{OWNER_UID, api, named, read_metadata, within};
use crate::Error;
use crate::context::Context;
use crate::retry::about;

/// Searches with each resync, and soon after the start.
pub async fn sweep(context: Arc<Context>) {
    let interval = context.settings.safety_interval;
    tokio::time::sleep(about(interval / 10, (context.random)())).await;
    loop {
        if let Err(error) = sweep_once(&context).await {
            tracing::warn!(error = error.message(), "failed to search for orphaned Secrets, will be retried");
        }
        tokio::time::sleep(about(interval, (context.random)())).await;
    }
}

async fn sweep_once(context: &Context) -> Result<(), Error> {
    let namespace = &context.settings.namespace;
    let params = ListParams::default().labels(&format!("app.kubernetes.io/managed-by={MANAGED_BY},{OWNER_UID}"));
    let secrets = api::<Secret>(&context.client, namespace);
    let found = within(|| "list the Secrets of Catalogs".to_owned(), secrets.list_metadata(&params)).await?;
    for secret in found.items {
        let Some((home, name, uid)) = owner_of(&secret.metadata) else { continue };
        match read_metadata::<Catalog>(context, home, name).await {
            Ok(Some(catalog)) if catalog.metadata.uid.as_deref() == Some(uid) => continue,
            Ok(_) => {}
            // It may be there.
            Err(_) => continue,
        }
        let preconditions = Preconditions { uid: secret.metadata.uid.clone(), resource_version: None };
        let params = DeleteParams::background().preconditions(preconditions);
        let named = named::<Secret>(namespace, &secret.name_any());
        match within(|| format!("delete {named}"), secrets.delete(&secret.name_any(), &params)).await {
            Err(error) if error.code() == Some(404) => {}
            deleted => drop(deleted?),
        }
        tracing::info!(secret = named, catalog = format!("{home}/{name}"), "deleted a Secret whose Catalog is gone");
    }
    Ok(())
}

/// Namespace, name and uid of the Catalog; `None` for a Secret of an older operator, until its Catalog is reconciled.
fn owner_of(secret: &ObjectMeta) -> Option<(&str, &str, &str)> {
    let (home, name) = secret.annotations.as_ref()?.get(OWNER)?.split_once('/')?;
    Some((home, name, secret.labels.as_ref()?.get(OWNER_UID)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_is_known_by_annotation_and_label_only() {
        let pair = |key: &str, value: &str| Some([(key.to_owned(), value.to_owned())].into());
        let labels = pair(OWNER_UID, "u");
        let annotated =
            ObjectMeta { labels: labels.clone(), annotations: pair(OWNER, "team/main"), ..ObjectMeta::default() };
        assert_eq!(owner_of(&annotated), Some(("team", "main", "u")));
        assert_eq!(owner_of(&ObjectMeta { labels: None, ..annotated.clone() }), None);
        assert_eq!(owner_of(&ObjectMeta { annotations: None, ..annotated }), None);
    }
}
