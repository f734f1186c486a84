//! A Catalog for tests of the pure steps.

use std::collections::BTreeMap;

use crds::Catalog;
use k8s_openapi::ByteString;
use serde_json::{Value, json};

use super::build::{AdminToken, Fresh, SealKey};
use super::database::Target;
use super::{Deployable, Dereferenced, deployable};
use crate::settings::tests::settings;
use crate::{Hold, SecretData};

pub(super) const URL: &str = "postgres://user:hunter2@db:5432/lake";

pub(super) fn catalog(spec: &Value) -> Catalog {
    let mut catalog = json!({
        "apiVersion": "catalog.pangolin.dev/v1alpha1",
        "kind": "Catalog",
        "metadata": {"name": "lakehouse", "namespace": "team", "uid": "u-1", "generation": 3},
        "spec": {"database": {"postgres": {"urlSecretRef": {"name": "db"}}}},
    });
    for (key, value) in spec.as_object().unwrap() {
        catalog["spec"][key] = value.clone();
    }
    serde_json::from_value(catalog).unwrap()
}

pub(super) fn secret(pairs: &[(&str, &str)]) -> SecretData {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec()));
    SecretData(pairs.iter().map(pair).collect::<BTreeMap<_, _>>())
}

pub(super) fn read(spec: &Value) -> Dereferenced {
    Dereferenced {
        catalog: catalog(spec),
        database: Some(secret(&[("url", URL)])),
        migration: None,
        tls: None,
        seal: None,
        admin: None,
        deployment: None,
    }
}

pub(super) fn valid(read: &Dereferenced) -> Result<Deployable, Hold> {
    deployable(read, &settings())
}

pub(super) fn fresh() -> Fresh {
    let digits = "7".repeat(64);
    let seal = SealKey::read(&secret(&[("keys", &format!("0000abcd:{digits}"))])).unwrap();
    Fresh { seal, admin: AdminToken::generate().unwrap() }
}

pub(super) fn target(url: &str) -> Target {
    let read = Dereferenced { database: Some(secret(&[("url", url)])), ..read(&json!({})) };
    Target::of(&valid(&read).unwrap())
}
