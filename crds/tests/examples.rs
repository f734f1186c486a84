//! The examples are what they say: resources that are admitted as they are.

#![expect(clippy::unwrap_used, reason = "a test")]

use crds::admission::{Resource, admit};
use serde_json::Value;

fn documents(name: &str) -> Vec<Value> {
    let path = format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_saphyr::from_multiple(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn kinds(name: &str) -> Vec<&'static str> {
    let ours = documents(name).into_iter().filter(|document| document["kind"] != "Secret");
    ours.map(|document| admit(&document, None).unwrap().resource.kind()).collect()
}

#[test]
fn the_examples_are_admitted() {
    assert_eq!(kinds("quickstart.yaml"), ["Catalog", "Warehouse", "Token"]);
    assert_eq!(kinds("cluster.yaml"), ["Catalog", "Warehouse", "Token"]);
}

#[test]
fn the_secrets_of_the_cluster_example_have_the_names_and_keys_that_its_resources_refer_to() {
    let documents = documents("cluster.yaml");
    let has = |name: &str, key: &str| {
        documents.iter().any(|document| document["metadata"]["name"] == name && document["stringData"][key].is_string())
    };
    for document in documents.iter().filter(|document| document["kind"] != "Secret") {
        match admit(document, None).unwrap().resource {
            Resource::Catalog(catalog) => {
                let reference = catalog.spec.database.postgres.unwrap().url_secret_ref;
                assert!(has(&reference.name, &reference.key));
            }
            Resource::Warehouse(warehouse) => {
                let reference = warehouse.spec.storage.unwrap().s3.unwrap().credentials.secret_ref;
                assert!(has(&reference.name, "access-key-id") && has(&reference.name, "secret-access-key"));
            }
            Resource::Token(_) => {}
        }
    }
}
