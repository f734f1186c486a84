//! All reads for a Catalog.

use crds::{Catalog, Postgres, SecretKeyRef};
use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt as _;

use super::build::seal_name;
use crate::cluster::{read, read_secret};
use crate::context::Context;
use crate::server::admin_secret;
use crate::{Error, SecretData};

/// A Catalog and all that it refers to. What is not there is `None`.
#[derive(Clone, Debug)]
pub struct Dereferenced {
    pub catalog: Catalog,
    /// The Secret with the servers' URL of the database.
    pub database: Option<SecretData>,
    /// The Secret with the URL for migrations; `None`, too, if the Catalog names none.
    pub migration: Option<SecretData>,
    /// The Secret with the certificate; `None`, too, if the Catalog names none.
    pub tls: Option<SecretData>,
    /// The sealing key that was made before.
    pub seal: Option<SecretData>,
    /// The operator's own token that was made before.
    pub admin: Option<SecretData>,
    /// The Deployment, whosever it is.
    pub deployment: Option<Deployment>,
}

/// Reads everything.
///
/// # Errors
/// [`Error`].
pub async fn dereference(context: &Context, catalog: &Catalog) -> Result<Dereferenced, Error> {
    let (namespace, name) = (catalog.namespace().unwrap_or_default(), catalog.name_any());
    let secret = async |name: Option<&str>| match name {
        Some(name) => read_secret(context, &namespace, name).await,
        None => Ok(None),
    };
    let postgres = catalog.spec.database.postgres.as_ref();
    let tls = catalog.spec.tls.as_ref().map(|tls| tls.secret_ref.name.as_str());
    let admin = admin_secret(&catalog.uid().unwrap_or_default());
    Ok(Dereferenced {
        catalog: catalog.clone(),
        database: secret(postgres.map(|postgres| postgres.url_secret_ref.name.as_str())).await?,
        migration: secret(postgres.and_then(migration_ref).map(|reference| reference.name.as_str())).await?,
        tls: secret(tls).await?,
        seal: secret(Some(&seal_name(&name))).await?,
        admin: read_secret(context, &context.settings.namespace, &admin).await?,
        deployment: read(context, &namespace, &name).await?,
    })
}

fn migration_ref(postgres: &Postgres) -> Option<&SecretKeyRef> {
    postgres.migration_url_secret_ref.as_ref()
}
