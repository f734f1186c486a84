//! Commits that PyIceberg 0.12 made, recorded with the metadata before and after: the same requirements and updates
//! must make the same metadata here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use iceberg_model::{Applied, ApplyContext, Requirement, TableMetadata, Update, apply, check};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Commit {
    base: Option<Box<RawValue>>,
    previous_file: Option<String>,
    requirements: Vec<Requirement>,
    updates: Vec<Update>,
    result: Box<RawValue>,
}

fn replay(name: &str) {
    let path = format!("{}/tests/recorded/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut base: Option<TableMetadata> = None;
    for (step, line) in recorded.lines().enumerate() {
        let commit: Commit = serde_json::from_str(line).unwrap();
        if let Some(first) = commit.base {
            base = Some(TableMetadata::parse(first.get().as_bytes()).unwrap());
        }
        let expected = TableMetadata::parse(commit.result.get().as_bytes()).unwrap();
        check(&commit.requirements, base.as_ref()).unwrap();
        let previous_file = commit.previous_file.as_deref();
        let context = ApplyContext { now_ms: expected.last_updated_ms(), previous_file };
        let applied = apply(base.as_ref(), &commit.updates, context).unwrap();
        let Applied::Changed(actual) = applied else { panic!("{name}, step {step}: nothing changed") };
        let (mut actual, mut wanted) = (json(&actual), json(&expected));
        remove_passing_entries(&mut wanted, &commit.updates);
        remove_missing_parents(&mut actual);
        for key in actual.as_object().unwrap().keys().chain(wanted.as_object().unwrap().keys()) {
            assert_eq!(actual[key], wanted[key], "{name}, step {step}, {key}");
        }
        base = Some(expected);
    }
}

/// PyIceberg leaves snapshots in the log that a commit made current only in passing. The reference implementation,
/// which we follow, takes them out.
fn remove_passing_entries(metadata: &mut Value, updates: &[Update]) {
    let current = metadata["current-snapshot-id"].clone();
    let added: Vec<i64> = updates
        .iter()
        .filter_map(|update| match update {
            Update::AddSnapshot(snapshot) => Some(snapshot.id()),
            _ => None,
        })
        .collect();
    let passing = |id: &Value| *id != current && id.as_i64().is_some_and(|id| added.contains(&id));
    metadata["snapshot-log"].as_array_mut().unwrap().retain(|entry| !passing(&entry["snapshot-id"]));
}

/// PyIceberg takes the parent from a snapshot whose parent is removed. The reference implementation, which we follow,
/// leaves snapshots as they were written.
fn remove_missing_parents(metadata: &mut Value) {
    let snapshots = metadata["snapshots"].as_array_mut().unwrap();
    let ids: Vec<Value> = snapshots.iter().map(|snapshot| snapshot["snapshot-id"].clone()).collect();
    for snapshot in snapshots {
        let snapshot = snapshot.as_object_mut().unwrap();
        if snapshot.get("parent-snapshot-id").is_some_and(|parent| !ids.contains(parent)) {
            snapshot.remove("parent-snapshot-id");
        }
    }
}

fn json(metadata: &TableMetadata) -> Value {
    serde_json::from_slice(&metadata.to_bytes()).unwrap()
}

#[test]
fn commits_to_a_v1_table_up_to_its_upgrade_have_the_recorded_results() {
    replay("pyiceberg-v1");
}

#[test]
fn commits_to_a_v2_table_have_the_recorded_results() {
    replay("pyiceberg-v2");
}

#[test]
fn a_create_transaction_has_the_recorded_result() {
    replay("pyiceberg-staged");
}
