//! What the operator mounts into a server's pod is what the server reads: the only package that knows both looks.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::time::Duration;

use catalog_api::{BearerToken, TokenHash};
use catalog_server::settings::Database;
use catalog_server::{Sealer, Settings};
use k8s_openapi::ByteString;
use operator::SecretData;
use operator::catalog::build::{AdminToken, Fresh, Objects, SealKey, objects};
use operator::catalog::{Dereferenced, deployable};
use serde_json::json;

fn made(spec: &serde_json::Value) -> Objects {
    let catalog = json!({
        "apiVersion": "catalog.pangolin.dev/v1alpha1",
        "kind": "Catalog",
        "metadata": {"name": "lakehouse", "namespace": "team", "uid": "u-1"},
        "spec": spec,
    });
    let secret = |pairs: &[(&str, &str)]| {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec()));
        Some(SecretData(pairs.iter().map(pair).collect::<BTreeMap<_, _>>()))
    };
    let read = Dereferenced {
        catalog: serde_json::from_value(catalog).unwrap(),
        database: secret(&[("url", "postgres://user:pw@db/lake")]),
        migration: None,
        tls: secret(&[("tls.crt", "c"), ("tls.key", "k")]),
        seal: None,
        admin: None,
        deployment: None,
    };
    let settings = operator::settings::Settings {
        watch_namespaces: Vec::new(),
        namespace: "pangolin-system".into(),
        identity: "test".into(),
        server_image: "catalog-server".into(),
        server_image_pull_policy: "Never".into(),
        platform_listen: ([127, 0, 0, 1], 0).into(),
        lease_name: "test".into(),
        cluster_domain: "cluster.local".into(),
        safety_interval: Duration::from_secs(60),
        index_interval: Duration::from_secs(60),
        test_credential_ttl: None,
        server_uri_override: None,
    };
    let fresh = Fresh { seal: SealKey::generate().unwrap(), admin: AdminToken::generate().unwrap() };
    objects(&deployable(&read, &settings).unwrap(), &fresh)
}

fn text(secret: &k8s_openapi::api::core::v1::Secret, key: &str) -> String {
    SecretData(secret.data.clone().unwrap()).required("secret", key).unwrap()
}

#[test]
fn the_settings_are_read_by_the_server_as_they_are_meant() {
    let spec = json!({
        "database": {"postgres": {"urlSecretRef": {"name": "db"}, "schema": "lake"}},
        "tls": {"secretRef": {"name": "tls"}},
        "storage": {"allowedEndpoints": ["http://minio:9000"]},
        "cache": {"metadataSize": "64Mi"},
        "logLevel": "debug",
    });
    let settings = made(&spec).config_map.data.unwrap();
    let settings: Settings = serde_saphyr::from_str(&settings["settings.yaml"]).unwrap();
    let Database::Postgres { schema, .. } = &settings.database else { panic!("not postgres") };
    assert_eq!(schema, "lake");
    assert!(settings.listen.ip().is_unspecified() && settings.platform_listen.ip().is_unspecified());
    assert_eq!((settings.listen.port(), settings.platform_listen.port()), (8181, 8182));
    assert_eq!(settings.metadata_cache_bytes, 64 << 20);
    assert_eq!(settings.allowed_endpoints, ["http://minio:9000"]);
    assert_eq!(settings.log.level, "debug");
    assert!(settings.tls.is_some() && settings.allow_file_root.is_empty());
    assert!(settings.drain_delay > Duration::ZERO);
}

#[test]
fn the_sealing_key_and_the_hash_of_the_operators_token_are_read_by_the_server() {
    let objects = made(&json!({"database": {"postgres": {"urlSecretRef": {"name": "db"}}}}));
    let sealer = Sealer::parse(&text(&objects.seal, "keys")).unwrap();
    assert_eq!(sealer.key_id().unwrap().len(), 8);
    let token = BearerToken::parse(&text(&objects.admin, "token")).unwrap();
    let hashes = text(&objects.admin_hashes, "hashes");
    let hash = TokenHash::from_hex(hashes.lines().next().unwrap()).unwrap();
    assert!(hash == token.hash());
}
