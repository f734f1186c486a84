//! What a person is told about mistakes in the files: the file, the line, the field, what to do.

use std::path::PathBuf;

use operator::Host;

use crate::desired::{Desired, read};
use crate::identity::identify;
use crate::problem::Problem;
use crate::state::Objects;
use crate::steps::{self, Steps, Surroundings};

const QUICKSTART: &str = include_str!("../../../crds/examples/quickstart.yaml");

fn around() -> Surroundings {
    let host = Host::Local { root: "/state".into(), allowed_locations: vec!["file:///tmp".into()] };
    Surroundings { host, uri: "http://127.0.0.1:8181".into(), ttl: None, admin: None }
}

fn admitted(text: &str, before: &Objects) -> Result<(Desired, Objects), Vec<Problem>> {
    let mut desired = read(&[(PathBuf::from("a.yaml"), text.into())], before)?;
    let objects = identify(&mut desired, before).unwrap();
    Ok((desired, objects))
}

fn taken(text: &str) -> Result<Steps, Vec<Problem>> {
    admitted(text, &Objects::default()).and_then(|(desired, _)| steps::run(&desired, &around()))
}

fn told(text: &str) -> Vec<String> {
    taken(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn quickstart_with(from: &str, to: &str) -> String {
    assert!(QUICKSTART.contains(from), "{from}");
    QUICKSTART.replace(from, to)
}

#[test]
fn the_quickstart_becomes_a_server_a_warehouse_and_a_token() {
    let Steps { catalog, server, warehouses, tokens } = taken(QUICKSTART).unwrap();
    assert_eq!(catalog.unwrap().name, "quickstart");
    assert_eq!(server.unwrap().log_level, "info");
    let (_, put) = &warehouses[0];
    assert_eq!((put.name.as_str(), put.body.location.as_str()), ("lake", "file:///state/lake"));
    assert_eq!(put.body.allowed_locations, ["file:///tmp"]);
    let (_, token) = &tokens[0];
    assert_eq!((token.principal.as_str(), token.uri.as_str()), ("token:default/analyst", "http://127.0.0.1:8181"));
}

#[test]
fn a_misspelt_field_is_told_with_its_line_and_what_would_be_known() {
    let told = told(&quickstart_with("  location:", "  locaton:"));
    assert_eq!(told.len(), 2);
    assert!(told.iter().any(|line| line.starts_with("a.yaml:17:3: Warehouse lake: spec.locaton: unknown field")));
    assert!(told.iter().any(|line| line == "a.yaml:15:1: Warehouse lake: spec.location: Required value"), "{told:?}");
}

#[test]
fn a_rule_of_a_list_item_is_told_with_its_line() {
    let told = told(&quickstart_with("privileges: [Read, Write]", "privileges: [Read, Wirte]"));
    assert_eq!(
        told,
        ["a.yaml:27:24: Token analyst: spec.grants[0].privileges[1]: Unsupported value: \"Wirte\": supported values: \
          \"Read\", \"Write\", \"Manage\""]
    );
}

#[test]
fn every_mistake_of_every_document_is_told_at_once() {
    let text = quickstart_with("file://./lake", "ftp://lake").replace("ttl: 24h", "ttl: 1d");
    assert_eq!(told(&text).len(), 2);
}

#[test]
fn what_the_steps_refuse_is_told_with_its_field() {
    let catalog = told(&quickstart_with("{name: quickstart}\n  location", "{name: other}\n  location"));
    assert!(catalog[0].starts_with("a.yaml:16:3: Warehouse lake: spec.catalogRef: there is no Catalog default/other"));
    let database = told(&quickstart_with("sqlite: {}", "postgres: {urlSecretRef: {name: db}}"));
    assert!(database[0].contains("spec.database: cargo dev serves a Catalog on sqlite only"), "{database:?}");
    for location in ["file://./secrets", "file://./server/x", "file:///state/secrets/analyst", "file:///state/"] {
        let told = told(&quickstart_with("file://./lake", location));
        assert!(told[0].contains("choose another location"), "{told:?}");
    }
    assert!(taken(&quickstart_with("file://./lake", "file:///statement/secrets")).is_ok());
}

#[test]
fn there_is_one_catalog_and_one_resource_of_a_name() {
    let twice = format!("{QUICKSTART}---\n{QUICKSTART}");
    let told_twice = told(&twice);
    assert_eq!(told_twice.len(), 3);
    assert!(
        told_twice[1].contains("Warehouse lake is there already, in a.yaml:12: take one of them out"),
        "{told_twice:?}"
    );
    let other = QUICKSTART.split("---").next().unwrap().replace("name: quickstart", "name: other");
    assert!(told(&format!("{QUICKSTART}---\n{other}"))[0].contains("cargo dev serves one Catalog"));
    assert!(told("")[0].contains("there is no Catalog in the files"));
}

#[test]
fn an_immutable_field_is_refused_until_the_resource_was_let_go() {
    let (_, mut objects) = admitted(QUICKSTART, &Objects::default()).unwrap();
    let moved = quickstart_with("file://./lake", "file://./pond");
    let problems = admitted(&moved, &objects).unwrap_err();
    assert!(problems[0].to_string().ends_with("spec.location: is immutable: make another Warehouse"), "{problems:?}");
    let lake = objects.iter().map(|(key, _)| key.clone()).find(|key| key.name == "lake").unwrap();
    objects.remove(&lake);
    assert!(admitted(&moved, &objects).is_ok());
}

#[test]
fn a_uid_stays_while_the_resource_is_known() {
    let (_, first) = admitted(QUICKSTART, &Objects::default()).unwrap();
    let (_, second) = admitted(&quickstart_with("ttl: 24h", "ttl: 48h"), &first).unwrap();
    let uids = |objects: &Objects| objects.iter().map(|(_, stored)| stored.uid.clone()).collect::<Vec<_>>();
    assert_eq!(uids(&first), uids(&second));
    let (_, other) = admitted(QUICKSTART, &Objects::default()).unwrap();
    assert_ne!(uids(&first), uids(&other));
}

#[test]
fn a_secret_beside_the_resources_is_used_and_a_garbled_one_is_not_quoted() {
    let bucket = quickstart_with(
        "location: file://./lake",
        "location: s3://bucket/lake\n  storage: {s3: {credentials: {secretRef: {name: keys}}}}",
    );
    assert!(told(&bucket)[0].contains("there is no Secret keys"));
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n";
    let good = format!("{bucket}{secret}stringData: {{access-key-id: a, secret-access-key: hush}}\n");
    let steps = taken(&good).unwrap();
    assert_eq!(
        steps.warehouses[0].1.body.storage.s3.as_ref().unwrap().credentials.as_ref().unwrap().access_key_id,
        "a"
    );
    assert!(!format!("{steps:?}").contains("hush"));
    let bad = told(&format!("{bucket}{secret}data: {{secret-access-key: 'hush!'}}\n"));
    assert!(bad[0].contains("base64") && !bad[0].contains("hush"), "{bad:?}");
}
