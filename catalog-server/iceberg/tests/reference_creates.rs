//! As `reference.rs`, for the first metadata of tables: `recorded/RecordCreates.java` made the recordings.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use iceberg_model::{CreateTable, Properties, TableMetadata, create};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Deserialize)]
struct Line {
    schema: Value,
    spec: Value,
    order: Value,
    properties: Properties,
    made: Option<Map<String, Value>>,
    error: Option<String>,
}

fn replay(line: &str) -> &'static str {
    let Line { schema, spec, order, properties, made, error } = serde_json::from_str(line).unwrap();
    let uuid = made.as_ref().map_or(Uuid::nil(), |made| made["table-uuid"].as_str().unwrap().parse().unwrap());
    let now_ms = made.as_ref().map_or(0, |made| made["last-updated-ms"].as_i64().unwrap());
    let request = CreateTable {
        uuid,
        location: "s3://lake/t".to_owned(),
        schema: read(&schema),
        partition_spec: Some(read(&spec)),
        write_order: Some(read(&order)),
        properties,
    };
    match (create(request, now_ms), made, error) {
        (Ok(actual), Some(mut expected), None) => {
            // Null stands for what is absent.
            expected.retain(|_, value| !value.is_null());
            assert_same(line, &actual, &expected);
            "made"
        }
        // The reference prints whole schemas at the end, looks at transforms first, and names the first of several faults.
        (Err(refused), None, Some(error)) if error.starts_with(&refused.to_string()) => "refused in the same words",
        (Err(_), None, Some(_)) => "refused",
        (actual, _, error) => panic!("{line}: {actual:?}, but the reference: {error:?}"),
    }
}

fn assert_same(line: &str, actual: &TableMetadata, expected: &Map<String, Value>) {
    let actual: Map<String, Value> = serde_json::from_slice(&actual.to_bytes()).unwrap();
    for key in actual.keys().chain(expected.keys()) {
        assert_eq!(actual.get(key), expected.get(key), "{line}: {key}");
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

#[test]
fn random_creates_have_the_results_and_the_refusals_of_the_reference_implementation() {
    let folder = format!("{}/tests/recorded", env!("CARGO_MANIFEST_DIR"));
    let mut counts = BTreeMap::<&str, usize>::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("creates-") {
            let recorded = std::fs::read_to_string(path).unwrap();
            for line in recorded.lines() {
                *counts.entry(replay(line)).or_default() += 1;
            }
        }
    }
    println!("{counts:?}");
    for (kind, least) in [("made", 20), ("refused in the same words", 20)] {
        assert!(counts.get(kind).is_some_and(|count| *count >= least), "too few {kind}: {counts:?}");
    }
}
