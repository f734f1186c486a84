//! A Catalog and its surroundings → what can be served.

use crds::{Catalog, CatalogSpec, Database, LogLevel};
use kube::ResourceExt as _;

use crate::{Hold, Host};

/// A Catalog that can be served where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
    pub uid: String,
    pub namespace: String,
    pub name: String,
    pub metadata_cache_bytes: u64,
    pub log_level: LogLevel,
    pub allowed_endpoints: Vec<String>,
    /// Without a slash at its end; `None` stands for the Service's own address.
    pub external_uri: Option<String>,
}

/// # Errors
/// `DatabaseNotSupported` if the kind of database does not go with the host.
pub fn validate(catalog: &Catalog, host: &Host) -> Result<Validated, Hold> {
    // The deployment's own fields (image, replicas, resources, service, TLS) are read where the deployment is built.
    let CatalogSpec {
        database,
        image: _,
        replicas: _,
        resources: _,
        service: _,
        external_uri,
        tls: _,
        cache,
        log_level,
        allowed_namespaces: _,
        storage,
        reclaim_policy: _,
    } = &catalog.spec;
    supported(database, host)?;
    Ok(Validated {
        uid: catalog.uid().ok_or_else(|| Hold::stalled("NoUid", "the Catalog has no uid"))?,
        namespace: catalog.namespace().unwrap_or_default(),
        name: catalog.name_any(),
        metadata_cache_bytes: cache.metadata_size.as_bytes(),
        log_level: *log_level,
        allowed_endpoints: storage.allowed_endpoints.clone(),
        external_uri: external_uri.clone(),
    })
}

fn supported(database: &Database, host: &Host) -> Result<(), Hold> {
    let message = match (host, database.sqlite.is_some()) {
        (Host::Cluster, false) | (Host::Local { .. }, true) => return Ok(()),
        (Host::Cluster, true) => "sqlite is for cargo dev only, since a pod's disk is not kept: use postgres",
        (Host::Local { .. }, false) => "cargo dev serves a Catalog on sqlite only: write `sqlite: {}` under database",
    };
    Err(Hold::stalled("DatabaseNotSupported", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(database: &serde_json::Value, host: &Host) -> Option<&'static str> {
        let catalog: Catalog = serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": "Catalog",
            "metadata": {"name": "main", "namespace": "default", "uid": "u"},
            "spec": {"database": database},
        }))
        .unwrap();
        validate(&catalog, host).err().map(|hold| hold.reason)
    }

    #[test]
    fn sqlite_is_for_one_machine_and_postgres_for_a_cluster() {
        let local = Host::Local { root: "/state".into(), allowed_locations: Vec::new() };
        let postgres = json!({"postgres": {"urlSecretRef": {"name": "db"}}});
        assert_eq!(reason(&json!({"sqlite": {}}), &local), None);
        assert_eq!(reason(&json!({"sqlite": {}}), &Host::Cluster), Some("DatabaseNotSupported"));
        assert_eq!(reason(&postgres, &Host::Cluster), None);
        assert_eq!(reason(&postgres, &local), Some("DatabaseNotSupported"));
    }
}
