//! The controllers' pure steps, put to everything that the files ask for: nothing is applied unless all of it is valid.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use catalog_api::BearerToken;
use crds::admission::Resource;
use operator::catalog::{self, Seen, ServerSettings};
use operator::{Hold, Host, token, warehouse};

use crate::desired::{Desired, Key, Kind, Wanted};
use crate::problem::Problem;
use crate::state::RESERVED;

/// What the steps have made of the files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) catalog: Option<catalog::Validated>,
    pub(crate) server: Option<ServerSettings>,
    pub(crate) warehouses: Vec<(Key, warehouse::Put)>,
    pub(crate) tokens: Vec<(Key, token::Validated)>,
}

/// What the steps look at beside the resources.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) host: Host,
    /// The address for clients.
    pub(crate) uri: String,
    /// For tests: the life of every credential.
    pub(crate) ttl: Option<Duration>,
    /// The server's, once it runs: the revisions of Warehouses are hashes under it.
    pub(crate) admin: Option<BearerToken>,
}

/// Runs `validate` and `build` on every resource.
///
/// # Errors
/// Every resource that can't go on.
pub(crate) fn run(desired: &Desired, around: &Surroundings) -> Result<Steps, Vec<Problem>> {
    let mut steps = Steps::default();
    let mut problems = Vec::new();
    for (key, wanted) in &desired.resources {
        if let Err(hold) = one(&mut steps, desired, key, wanted, around) {
            problems.push(problem(key, wanted, &hold));
        }
    }
    if problems.is_empty() { Ok(steps) } else { Err(problems) }
}

fn one(steps: &mut Steps, desired: &Desired, key: &Key, wanted: &Wanted, around: &Surroundings) -> Result<(), Hold> {
    match wanted.admitted.resource.clone() {
        Resource::Catalog(resource) => {
            let valid = catalog::validate(&resource, &around.host)?;
            steps.server = Some(catalog::build(&valid));
            steps.catalog = Some(valid);
        }
        Resource::Warehouse(resource) => {
            let read = warehouse::Dereferenced {
                catalog: seen(desired, &resource.spec.catalog_ref, &key.namespace),
                credentials: credentials(desired, &resource, &key.namespace),
                namespaces: namespaces(desired),
                // The files have one Catalog.
                others: Vec::new(),
                warehouse: resource,
            };
            let secret = around.admin.as_ref().map(BearerToken::expose).unwrap_or_default();
            let put = warehouse::build(&warehouse::validate(&read, &around.host)?, secret.as_bytes());
            let body = &put.body;
            let mut places = std::iter::once(&body.location).chain(&body.allowed_locations);
            places.try_for_each(|location| reserved(location, &around.host))?;
            steps.warehouses.push((key.clone(), put));
        }
        Resource::Token(resource) => {
            let read = token::Dereferenced {
                catalog: seen(desired, &resource.spec.catalog_ref, &key.namespace),
                uri: Some(around.uri.clone()),
                token: resource,
            };
            let valid = token::validate(&read)?;
            steps.tokens.push((key.clone(), valid.shortened(around.ttl)));
        }
    }
    Ok(())
}

/// The namespaces that the files mention, with their labels.
fn namespaces(desired: &Desired) -> Vec<(String, BTreeMap<String, String>)> {
    let names: BTreeSet<_> = desired.resources.keys().map(|key| key.namespace.clone()).collect();
    names.into_iter().map(|name| (name.clone(), labels(&name))).collect()
}

/// Without a cluster a namespace has only the label that every cluster sets.
fn labels(namespace: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())])
}

/// The Catalog that a reference means.
fn seen(desired: &Desired, reference: &crds::CatalogRef, namespace: &str) -> Option<Seen> {
    let key = Key {
        kind: Kind::Catalog,
        namespace: reference.namespace.clone().unwrap_or_else(|| namespace.into()),
        name: reference.name.clone(),
    };
    match &desired.resources.get(&key)?.admitted.resource {
        Resource::Catalog(catalog) => Some(Seen { catalog: catalog.clone(), namespace_labels: labels(namespace) }),
        Resource::Warehouse(_) | Resource::Token(_) => None,
    }
}

fn credentials(desired: &Desired, warehouse: &crds::Warehouse, namespace: &str) -> Option<operator::SecretData> {
    let name = &warehouse.spec.storage.as_ref()?.s3.as_ref()?.credentials.secret_ref.name;
    desired.secrets.get(&(namespace.into(), name.clone())).cloned()
}

/// Tables must not lie among the credentials.
fn reserved(location: &str, host: &Host) -> Result<(), Hold> {
    let Host::Local { root, .. } = host else { return Ok(()) };
    // Another way to write the same place, or a link, gets past this; the server refuses to touch it (`deny_file_root`).
    let Some(path) = location.strip_prefix("file://") else { return Ok(()) };
    let Ok(inside) = Path::new(path).strip_prefix(root) else { return Ok(()) };
    match inside.iter().next().map(|first| first.to_string_lossy()) {
        None => Err(kept("the state directory itself")),
        Some(first) if RESERVED.contains(&&*first) => Err(kept(&first)),
        Some(_) => Ok(()),
    }
}

fn kept(what: &str) -> Hold {
    Hold {
        until: operator::Until::Changed,
        reason: "LocationNotAllowed",
        message: format!("{what} holds the state of cargo dev: choose another location, such as file://./lake"),
    }
}

fn problem(key: &Key, wanted: &Wanted, hold: &Hold) -> Problem {
    let field = match hold.reason {
        "CatalogNotFound" | "NotAllowed" => "spec.catalogRef",
        "DatabaseNotSupported" => "spec.database",
        "LocationNotAllowed" => "spec.location",
        "EndpointNotAllowed" => "spec.storage.s3.endpoint",
        "SecretNotFound" | "SecretInvalid" => "spec.storage.s3.credentials.secretRef",
        _ => "spec",
    };
    Problem { place: wanted.document.place(field), message: format!("{key}: {field}: {}", hold.message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_location_lies_among_the_credentials() {
        let host = Host::Local { root: "/s/state".into(), allowed_locations: vec![] };
        for kept in ["/s/state", "/s/state/", "/s/state/server", "/s/state//secrets/x", "/s/state/objects.json"] {
            assert!(reserved(&format!("file://{kept}"), &host).is_err(), "{kept}");
        }
        for free in
            ["file:///s", "file:///s/state/lake", "file:///s/stateserver", "file:///s/state/servers", "s3://b/s"]
        {
            assert!(reserved(free, &host).is_ok(), "{free}");
        }
    }
}
