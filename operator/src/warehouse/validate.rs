//! A Warehouse, its Catalog and its Secret → a warehouse that can be made.

use std::collections::BTreeMap;

use catalog_api::management::{Retention, S3Credentials};
use crds::{S3, Warehouse, WarehouseRetention, WarehouseSpec};
use kube::ResourceExt as _;

use super::overlap;
use crate::catalog::{Seen, admitted, resolve};
use crate::{Hold, Host, SecretData, take_over};

/// Everything that was read for a Warehouse.
#[derive(Clone, Debug)]
pub struct Dereferenced {
    pub warehouse: Warehouse,
    /// `None` if there is none of that name.
    pub catalog: Option<Seen>,
    /// The Secret with the storage's keys; `None` if it is not there, or if none is referred to.
    pub credentials: Option<SecretData>,
    /// Name and labels of the namespaces that a selector may choose from; empty if the Warehouse has none.
    pub namespaces: Vec<(String, BTreeMap<String, String>)>,
    /// All Warehouses that the operator sees, for one that no server has yet.
    pub others: Vec<Warehouse>,
}

/// A Warehouse that can be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
    pub uid: String,
    pub namespace: String,
    /// The name that clients ask for.
    pub name: String,
    pub location: String,
    pub allowed_locations: Vec<String>,
    /// As `PUT /api/v1/warehouses` takes them.
    pub allowed_namespaces: Vec<String>,
    pub s3: Option<ValidS3>,
    pub default_properties: BTreeMap<String, String>,
    pub retention: Option<Retention>,
    pub take_over: bool,
}

/// A bucket with its keys. `Debug` does not show them.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidS3 {
    pub endpoint: Option<String>,
    pub region: String,
    pub path_style: bool,
    pub credentials: S3Credentials,
}

/// # Errors
/// `CatalogNotFound`, `NotAllowed`, `LocationOverlaps`, `LocationNotAllowed`, `EndpointNotAllowed`, `SecretNotFound`, `SecretInvalid`.
/// Whether a property looks like a secret is the server's question, which asks it of every property map.
pub fn validate(read: &Dereferenced, host: &Host) -> Result<Validated, Hold> {
    let Dereferenced { warehouse, catalog, credentials, namespaces, others } = read;
    let WarehouseSpec {
        catalog_ref,
        name: _,
        location,
        allowed_locations,
        allowed_namespaces,
        storage,
        default_properties,
        retention,
        reclaim_policy: _,
    } = &warehouse.spec;
    let namespace = warehouse.namespace().unwrap_or_default();
    let catalog = admitted(catalog.as_ref(), catalog_ref, &namespace)?;
    overlap::check(warehouse, others)?;
    let s3 = storage.as_ref().and_then(|storage| storage.s3.as_ref());
    let s3 = s3.map(|s3| bucket(s3, &catalog.spec.storage.allowed_endpoints, credentials.as_ref())).transpose()?;
    let mut allowed = allowed_locations.iter().map(|one| absolute(one, host)).collect::<Result<Vec<_>, _>>()?;
    if let Host::Local { root: _, allowed_locations } = host {
        // A place in a bucket is of use only with the keys of a bucket.
        let usable = |location: &&String| s3.is_some() || !location.starts_with("s3://");
        allowed.extend(allowed_locations.iter().filter(usable).cloned());
    }
    Ok(Validated {
        uid: warehouse.uid().ok_or_else(|| Hold::stalled("NoUid", "the Warehouse has no uid"))?,
        namespace,
        name: name(warehouse),
        location: absolute(location, host)?,
        allowed_locations: allowed,
        allowed_namespaces: resolve(allowed_namespaces, namespaces),
        s3,
        default_properties: default_properties.clone(),
        retention: retention.as_ref().map(kept),
        take_over: take_over::due(
            &warehouse.metadata,
            warehouse.status.as_ref().is_some_and(|status| status.took_over),
        ),
    })
}

/// The name that clients ask for.
#[must_use]
pub fn name(warehouse: &Warehouse) -> String {
    warehouse.spec.name.clone().unwrap_or_else(|| warehouse.name_any())
}

fn kept(retention: &WarehouseRetention) -> Retention {
    let WarehouseRetention { age, commits } = retention;
    Retention {
        age_seconds: age.as_ref().map_or(0, crds::Duration::as_secs),
        commits: commits.and_then(|commits| u32::try_from(commits).ok()).unwrap_or(0),
    }
}

/// A location as the server knows it: without a slash at its end, and whole.
fn absolute(location: &str, host: &Host) -> Result<String, Hold> {
    let location = location.trim_end_matches('/');
    match (location.strip_prefix("file://"), host) {
        (None, _) => Ok(location.into()),
        (Some(_), Host::Cluster) => Err(Hold::stalled(
            "LocationNotAllowed",
            format!("{location} is a file of one machine: a Warehouse in a cluster needs s3://"),
        )),
        (Some(path), Host::Local { root, .. }) => Ok(match path.strip_prefix("./") {
            Some(relative) => format!("file://{root}/{relative}"),
            None => location.into(),
        }),
    }
}

fn bucket(s3: &S3, allowed_endpoints: &[String], secret: Option<&SecretData>) -> Result<ValidS3, Hold> {
    let S3 { endpoint, region, path_style, credentials } = s3;
    if let Some(endpoint) = endpoint.as_ref().filter(|endpoint| !allowed_endpoints.contains(endpoint)) {
        let message =
            format!("the Catalog does not allow the endpoint {endpoint}: add it to its storage.allowedEndpoints");
        return Err(Hold::stalled("EndpointNotAllowed", message));
    }
    let name = &credentials.secret_ref.name;
    let secret = secret.ok_or_else(|| {
        Hold::waiting("SecretNotFound", format!("there is no Secret {name} in the Warehouse's namespace"))
    })?;
    let credentials = S3Credentials {
        access_key_id: secret.required(name, "access-key-id")?,
        secret_access_key: secret.required(name, "secret-access-key")?,
        session_token: secret.text(name, "session-token")?.filter(|token| !token.is_empty()),
    };
    Ok(ValidS3 { endpoint: endpoint.clone(), region: region.clone(), path_style: *path_style, credentials })
}
