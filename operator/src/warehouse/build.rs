//! A valid Warehouse → the request that makes it.

use catalog_api::management::{PutWarehouse, S3Storage, Storage};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Validated;
use super::validate::ValidS3;

/// `PUT /api/v1/warehouses/{name}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    pub name: String,
    pub body: PutWarehouse,
}

/// The request for a Warehouse. Its revision is a hash over everything that it says, the storage's keys included, so that
/// a rotated Secret is a change and nothing else is. It is stored and shown, so it is a hash under a `secret` of whoever
/// makes the request: else keys could be tried out on it.
#[must_use]
pub fn build(warehouse: &Validated, secret: &[u8]) -> Put {
    let Validated {
        uid,
        namespace,
        name,
        location,
        allowed_locations,
        allowed_namespaces,
        s3,
        default_properties,
        retention,
        take_over,
    } = warehouse.clone();
    let storage = Storage { s3: s3.map(storage) };
    let mut body = PutWarehouse {
        owner_uid: uid,
        namespace,
        revision: String::new(),
        location,
        allowed_locations,
        allowed_namespaces,
        storage,
        default_properties,
        retention,
        take_over: false,
        probe: false,
    };
    body.revision = revision(&body, secret);
    body.take_over = take_over;
    Put { name, body }
}

fn storage(s3: ValidS3) -> S3Storage {
    let ValidS3 { endpoint, region, path_style, credentials } = s3;
    S3Storage { endpoint, region: Some(region), path_style, credentials: Some(credentials) }
}

/// The debug form of the body would hide the keys, so it is its JSON that is hashed. The owner is part of it.
fn revision(body: &PutWarehouse, secret: &[u8]) -> String {
    let json = serde_json::to_vec(body).unwrap_or_default();
    // Any length will do; the error is that of other algorithms.
    let hash = Hmac::<Sha256>::new_from_slice(secret).map(|hmac| hmac.chain_update(json).finalize().into_bytes());
    hash.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use catalog_api::management::Retention;

    use super::*;
    use crate::catalog::Seen;
    use crate::warehouse::{Dereferenced, validate};
    use crate::{Host, SecretData};
    use k8s_openapi::ByteString;
    use serde_json::{Value, json};

    const SECRET: &[u8] = b"of the operator";

    fn local() -> Host {
        Host::Local { root: "/state".into(), allowed_locations: vec!["file:///tmp".into(), "s3://b/x".into()] }
    }

    fn resource<K: serde::de::DeserializeOwned>(kind: &str, name: &str, spec: &Value) -> K {
        serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "namespace": "default", "uid": format!("uid-of-{name}")},
            "spec": spec,
        }))
        .unwrap()
    }

    fn read(spec: &Value) -> Dereferenced {
        let storage = json!({"allowedEndpoints": ["http://minio:9000"]});
        let catalog = resource("Catalog", "main", &json!({"database": {"sqlite": {}}, "storage": storage}));
        Dereferenced {
            warehouse: resource("Warehouse", "lake", spec),
            catalog: Some(Seen { catalog, namespace_labels: BTreeMap::new() }),
            credentials: None,
            namespaces: Vec::new(),
            others: Vec::new(),
        }
    }

    fn keys(secret: &str) -> SecretData {
        let pair = |key: &str, value: &str| (key.to_string(), ByteString(value.as_bytes().to_vec()));
        SecretData(BTreeMap::from([pair("access-key-id", "id\n"), pair("secret-access-key", secret)]))
    }

    fn bucket() -> Value {
        json!({
            "catalogRef": {"name": "main"},
            "location": "s3://bucket/lake/",
            "storage": {"s3": {"endpoint": "http://minio:9000", "credentials": {"secretRef": {"name": "keys"}}}},
        })
    }

    fn hold(read: &Dereferenced, host: &Host) -> &'static str {
        validate(read, host).unwrap_err().reason
    }

    #[test]
    fn a_relative_file_location_lies_in_the_state_directory() {
        let spec = json!({"catalogRef": {"name": "main"}, "location": "file://./lake/"});
        let put = build(&validate(&read(&spec), &local()).unwrap(), SECRET);
        assert_eq!(put.name, "lake");
        assert_eq!(put.body.location, "file:///state/lake");
        assert_eq!(put.body.allowed_locations, ["file:///tmp"]);
        assert_eq!(put.body.owner_uid, "uid-of-lake");
    }

    #[test]
    fn a_bucket_allowed_to_all_is_for_those_that_have_the_keys_of_one() {
        let read = Dereferenced { credentials: Some(keys("x")), ..read(&bucket()) };
        let put = build(&validate(&read, &local()).unwrap(), SECRET);
        assert_eq!(put.body.allowed_locations, ["file:///tmp", "s3://b/x"]);
    }

    #[test]
    fn a_cluster_takes_no_file_location() {
        let spec = json!({"catalogRef": {"name": "main"}, "location": "file:///srv/lake"});
        assert_eq!(hold(&read(&spec), &Host::Cluster), "LocationNotAllowed");
    }

    #[test]
    fn another_key_is_another_revision_and_the_same_thing_the_same() {
        let put = |secret: &str| {
            let read = Dereferenced { credentials: Some(keys(secret)), ..read(&bucket()) };
            build(&validate(&read, &Host::Cluster).unwrap(), SECRET).body
        };
        assert_eq!(put("a"), put("a"));
        assert_ne!(put("a").revision, put("b").revision);
        assert_eq!(put("a").location, "s3://bucket/lake");
        let s3 = put("a").storage.s3.unwrap();
        assert_eq!(s3.region.as_deref(), Some("us-east-1"));
        assert_eq!(s3.credentials.unwrap().access_key_id, "id");
    }

    #[test]
    fn a_missing_secret_is_waited_for_and_a_missing_key_is_named() {
        let mut read = read(&bucket());
        assert_eq!(hold(&read, &Host::Cluster), "SecretNotFound");
        read.credentials = Some(SecretData(BTreeMap::new()));
        let hold = validate(&read, &Host::Cluster).unwrap_err();
        assert_eq!(hold.reason, "SecretInvalid");
        assert!(hold.message.contains("keys") && hold.message.contains("access-key-id"));
    }

    #[test]
    fn a_garbled_key_is_not_quoted() {
        let mut read = read(&bucket());
        let mut data = keys("x").0;
        data.insert("secret-access-key".into(), ByteString(b"hush\xff".to_vec()));
        read.credentials = Some(SecretData(data));
        let hold = validate(&read, &Host::Cluster).unwrap_err();
        assert!(hold.reason == "SecretInvalid" && !hold.message.contains("hush"));
        assert!(!format!("{read:?}").contains("hush"));
    }

    #[test]
    fn an_endpoint_that_the_catalog_does_not_list_is_refused() {
        let mut spec = bucket();
        spec["storage"]["s3"]["endpoint"] = json!("http://169.254.169.254");
        let read = Dereferenced { credentials: Some(keys("a")), ..read(&spec) };
        assert_eq!(hold(&read, &Host::Cluster), "EndpointNotAllowed");
    }

    #[test]
    fn namespaces_of_a_selector_are_sent_by_name() {
        let spec = json!({"catalogRef": {"name": "main"}, "location": "file:///lake"});
        let own = build(&validate(&read(&spec), &local()).unwrap(), SECRET).body;
        assert_eq!((own.namespace.as_str(), own.allowed_namespaces.len()), ("default", 0));
        let mut spec = spec;
        spec["allowedNamespaces"] = json!({"from": "Selector", "selector": {"matchLabels": {"team": "data"}}});
        let labels = BTreeMap::from([("team".to_owned(), "data".to_owned())]);
        let namespaces = vec![("web".to_owned(), BTreeMap::new()), ("etl".to_owned(), labels)];
        let read = Dereferenced { namespaces, ..read(&spec) };
        let selected = build(&validate(&read, &local()).unwrap(), SECRET).body;
        assert_eq!(selected.allowed_namespaces, ["etl"]);
        assert_ne!(selected.revision, own.revision);
    }

    #[test]
    fn a_policy_is_sent_as_it_is_and_none_changes_no_revision() {
        let mut spec = json!({"catalogRef": {"name": "main"}, "location": "file:///lake"});
        let without = build(&validate(&read(&spec), &local()).unwrap(), SECRET).body;
        assert!(without.retention.is_none() && !serde_json::to_string(&without).unwrap().contains("retention"));
        spec["retention"] = json!({"age": "1h30m"});
        let with = build(&validate(&read(&spec), &local()).unwrap(), SECRET).body;
        assert_eq!(with.retention, Some(Retention { age_seconds: 5400, commits: 0 }));
        assert_ne!(with.revision, without.revision);
    }

    #[test]
    fn take_over_is_by_annotation_and_no_part_of_the_revision() {
        let spec = json!({"catalogRef": {"name": "main"}, "location": "file:///lake"});
        let mut read = read(&spec);
        let before = build(&validate(&read, &local()).unwrap(), SECRET).body;
        let annotation = (crate::take_over::TAKE_OVER.to_string(), "true".to_string());
        read.warehouse.metadata.annotations = Some(BTreeMap::from([annotation]));
        let after = build(&validate(&read, &local()).unwrap(), SECRET).body;
        assert!(after.take_over && !before.take_over);
        assert_eq!(after.revision, before.revision);
        read.warehouse.status = Some(crds::WarehouseStatus { took_over: true, ..Default::default() });
        assert!(!build(&validate(&read, &local()).unwrap(), SECRET).body.take_over);
    }

    #[test]
    fn who_does_not_have_the_secret_cannot_try_keys_out_on_a_revision() {
        let read = Dereferenced { credentials: Some(keys("x")), ..read(&bucket()) };
        let valid = validate(&read, &local()).unwrap();
        let revision = |secret: &[u8]| build(&valid, secret).body.revision;
        assert_eq!(revision(SECRET), revision(SECRET));
        assert_ne!(revision(SECRET), revision(b"of somebody else"));
        assert_eq!(revision(SECRET).len(), 64);
    }
}
