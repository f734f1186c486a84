//! A Catalog and all that it refers to → what can be deployed: `validate`, for a cluster.

use std::fmt;

use crds::{Catalog, CatalogSpec, SecretKeyRef};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::ResourceRequirements;
use migrations::postgres::{Schema, connect_options};

use super::build::{AdminToken, SealKey, ServerSettings, build};
use super::dereference::Dereferenced;
use super::validate;
use crate::cluster::Owner;
use crate::settings::Settings;
use crate::{Hold, Host, SecretData, server, take_over};

/// A Catalog that can be deployed.
#[derive(Clone, Debug)]
pub struct Deployable {
    pub owner: Owner,
    pub server: ServerSettings,
    pub schema: Schema,
    pub urls: Urls,
    /// The Secret that holds the servers' URL, and the key in it.
    pub database_secret: String,
    pub database_key: String,
    pub image: String,
    pub image_pull_policy: String,
    pub replicas: i32,
    /// As the Catalog says; `None` stands for what suits its cache.
    pub resources: Option<ResourceRequirements>,
    pub service: crds::Service,
    pub tls_secret: Option<String>,
    /// Where clients find the catalog.
    pub uri: String,
    /// What was made before and can still be used.
    pub seal: Option<SealKey>,
    pub admin: Option<AdminToken>,
    /// Take the database schema from another Catalog.
    pub take_over: bool,
    /// As it is now, if it is the Catalog's own.
    pub deployment: Option<Deployment>,
}

/// The URLs of the database. `Debug` shows nothing of them.
#[derive(Clone, PartialEq)]
pub struct Urls {
    /// The servers'.
    pub servers: String,
    /// Another one for whatever changes the schema.
    pub migrations: Option<String>,
}

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Urls(…)")
    }
}

/// # Errors
/// `NameNotUsable`, `DatabaseNotSupported`, `SecretNotFound`, `SecretInvalid`, `DatabaseUrlInvalid`.
pub fn deployable(read: &Dereferenced, settings: &Settings) -> Result<Deployable, Hold> {
    let Dereferenced { catalog, database, migration, tls, seal, admin, deployment } = read;
    let valid = validate(catalog, &Host::Cluster)?;
    // What every server has is in `valid`; who may refer to the Catalog is asked where somebody does.
    let CatalogSpec {
        database: spec,
        image,
        replicas,
        resources,
        service,
        external_uri,
        tls: tls_spec,
        cache: _,
        log_level: _,
        allowed_namespaces: _,
        storage: _,
        reclaim_policy: _,
    } = &catalog.spec;
    let postgres =
        spec.postgres.as_ref().ok_or_else(|| Hold::stalled("DatabaseNotSupported", "postgres is missing"))?;
    let servers = url(database.as_ref(), &postgres.url_secret_ref)?;
    let migrations = postgres.migration_url_secret_ref.as_ref();
    let migrations = migrations.map(|reference| url(migration.as_ref(), reference)).transpose()?;
    let tls_secret = tls_spec.as_ref().map(|tls| tls.secret_ref.name.as_str());
    let tls_secret = tls_secret.map(|name| certificate(tls.as_ref(), name)).transpose()?;
    let owner = owner(catalog)?;
    let schema = postgres.schema.parse();
    Ok(Deployable {
        schema: schema.map_err(|error| Hold::stalled("DatabaseUrlInvalid", format!("{error}")))?,
        server: build(&valid),
        urls: Urls { servers, migrations },
        database_secret: postgres.url_secret_ref.name.clone(),
        database_key: postgres.url_secret_ref.key.clone(),
        image: image.clone().unwrap_or_else(|| settings.server_image.clone()),
        image_pull_policy: settings.server_image_pull_policy.clone(),
        replicas: *replicas,
        resources: resources.clone(),
        service: service.clone(),
        tls_secret,
        uri: external_uri.clone().unwrap_or_else(|| server::uri(catalog, settings)),
        seal: seal.as_ref().and_then(SealKey::read),
        admin: admin.as_ref().and_then(AdminToken::read),
        take_over: take_over::due(&catalog.metadata, catalog.status.as_ref().is_some_and(|status| status.took_over)),
        deployment: deployment.clone().filter(|deployment| owner.owns(&deployment.metadata)),
        owner,
    })
}

/// A Service's name is a label of the DNS, so a Catalog's name is one, too.
fn owner(catalog: &Catalog) -> Result<Owner, Hold> {
    let owner = Owner::of(catalog).ok_or_else(|| Hold::stalled("NoUid", "the Catalog has no uid"))?;
    if owner.name.len() > 63 || owner.name.contains('.') {
        let message = "a Catalog in a cluster has a Service of its name, so the name has at most 63 characters of a-z, \
                       0-9 and -: make another Catalog";
        return Err(Hold::stalled("NameNotUsable", message));
    }
    Ok(owner)
}

fn url(secret: Option<&SecretData>, reference: &SecretKeyRef) -> Result<String, Hold> {
    let SecretKeyRef { name, key } = reference;
    let url = found(secret, name)?.required(name, key)?;
    match connect_options(&url) {
        Ok(_) => Ok(url),
        Err(error) => Err(Hold::stalled("DatabaseUrlInvalid", format!("{key} in the Secret {name}: {error}"))),
    }
}

fn certificate(secret: Option<&SecretData>, name: &str) -> Result<String, Hold> {
    let secret = found(secret, name)?;
    secret.required(name, "tls.crt")?;
    secret.required(name, "tls.key")?;
    Ok(name.to_owned())
}

fn found<'a>(secret: Option<&'a SecretData>, name: &str) -> Result<&'a SecretData, Hold> {
    secret
        .ok_or_else(|| Hold::waiting("SecretNotFound", format!("there is no Secret {name} in the Catalog's namespace")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Until;
    use crate::catalog::fixture::{read, secret, valid};

    fn hold(read: &Dereferenced) -> Hold {
        valid(read).unwrap_err()
    }

    #[test]
    fn a_missing_secret_is_waited_for_and_one_without_the_key_is_named() {
        let missing = hold(&Dereferenced { database: None, ..read(&json!({})) });
        assert_eq!((missing.until, missing.reason), (Until::Appears, "SecretNotFound"));
        let empty = hold(&Dereferenced { database: Some(secret(&[])), ..read(&json!({})) });
        assert_eq!((empty.until, empty.reason), (Until::Changed, "SecretInvalid"));
        assert!(empty.message.contains("db") && empty.message.contains("url"), "{empty}");
    }

    #[test]
    fn a_url_that_is_none_is_named_and_not_quoted() {
        for url in ["mysql://user:hunter2@db/lake", "hunter2", "postgres://user:12?hunter2@db/lake"] {
            let hold = hold(&Dereferenced { database: Some(secret(&[("url", url)])), ..read(&json!({})) });
            assert_eq!(hold.reason, "DatabaseUrlInvalid");
            assert!(hold.message.contains("url in the Secret db") && !hold.message.contains("hunter2"), "{hold}");
        }
        assert!(!format!("{:?}", valid(&read(&json!({}))).unwrap()).contains("hunter2"));
    }

    #[test]
    fn a_name_that_no_service_can_have_is_refused() {
        for name in ["a.b".to_owned(), "a".repeat(64)] {
            let mut read = read(&json!({}));
            read.catalog.metadata.name = Some(name);
            assert_eq!(hold(&read).reason, "NameNotUsable");
        }
    }

    #[test]
    fn a_certificate_has_both_of_its_parts() {
        let spec = json!({"tls": {"secretRef": {"name": "cert"}}});
        assert_eq!(hold(&read(&spec)).reason, "SecretNotFound");
        let half = Dereferenced { tls: Some(secret(&[("tls.crt", "c")])), ..read(&spec) };
        assert!(hold(&half).message.contains("tls.key"));
    }

    #[test]
    fn the_image_is_the_operators_unless_the_catalog_names_one() {
        assert_eq!(valid(&read(&json!({}))).unwrap().image, "catalog-server");
        assert_eq!(valid(&read(&json!({"image": "mine:1"}))).unwrap().image, "mine:1");
    }

    #[test]
    fn a_deployment_of_another_is_not_the_catalogs() {
        let deployment = |uid: &str| -> Deployment {
            let reference = json!({"apiVersion": "catalog.pangolin.dev/v1alpha1", "kind": "Catalog", "name": "lakehouse",
                                   "uid": uid});
            let metadata = json!({"namespace": "team", "ownerReferences": [reference]});
            serde_json::from_value(json!({"metadata": metadata, "spec": {"selector": {}, "template": {}}})).unwrap()
        };
        let found = |uid| valid(&Dereferenced { deployment: Some(deployment(uid)), ..read(&json!({})) });
        assert!(found("u-1").unwrap().deployment.is_some());
        assert!(found("u-2").unwrap().deployment.is_none());
    }
}
