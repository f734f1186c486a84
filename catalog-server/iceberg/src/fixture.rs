//! A table and shorthands for the unit tests of this crate.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Applied, ApplyContext, ApplyError, CreateTable, Properties, Schema, TableMetadata, Update, apply, create};

pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const FILE: &str = "s3://lake/t/metadata/00000-a.metadata.json";

/// `id: long, ts: timestamp, name: string, place: struct<city: string>, tags: list<string>`, ids 1 to 7.
pub(crate) fn schema() -> Schema {
    read(&json!({"type": "struct", "schema-id": 3, "fields": [
        {"id": 1, "name": "id", "required": true, "type": "long"},
        {"id": 2, "name": "ts", "required": false, "type": "timestamp"},
        {"id": 3, "name": "name", "required": false, "type": "string"},
        {"id": 4, "name": "place", "required": false, "type": {"type": "struct", "fields": [
            {"id": 6, "name": "city", "required": false, "type": "string"}]}},
        {"id": 5, "name": "tags", "required": false, "type":
            {"type": "list", "element-id": 7, "element": "string", "element-required": false}},
    ]}))
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    // Through text: a request comes as text, and raw parts keep it.
    serde_json::from_str(&value.to_string()).unwrap()
}

pub(crate) fn request(properties: &[(&str, &str)]) -> CreateTable {
    CreateTable {
        uuid: Uuid::from_u128(7),
        location: "s3://lake/t".to_owned(),
        schema: schema(),
        partition_spec: None,
        write_order: None,
        properties: properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    }
}

/// An empty v2 table, unpartitioned and unsorted, made at [`NOW`].
pub(crate) fn table() -> TableMetadata {
    create(request(&[]), NOW).unwrap()
}

pub(crate) fn v1_table() -> TableMetadata {
    create(request(&[("format-version", "1")]), NOW).unwrap()
}

pub(crate) fn v3_table() -> TableMetadata {
    create(request(&[("format-version", "3")]), NOW).unwrap()
}

/// A v2 table whose main went through snapshots 1, 2, 3 with sequence numbers of the same names, a second apart.
pub(crate) fn table_with_snapshots() -> TableMetadata {
    [1, 2, 3].into_iter().fold(table(), |base, id| changed(&base, &append(id)))
}

/// `add-snapshot` with `id` as sequence number and seconds after [`NOW`], on main.
pub(crate) fn append(id: i64) -> Vec<Value> {
    vec![json!({"action": "add-snapshot", "snapshot": snapshot(id)}), set_ref("main", id)]
}

pub(crate) fn snapshot(id: i64) -> Value {
    let mut snapshot = json!({
        "snapshot-id": id, "sequence-number": id, "timestamp-ms": NOW + 1_000 * id,
        "manifest-list": format!("s3://lake/t/metadata/snap-{id}.avro"), "summary": {"operation": "append"},
        "schema-id": 0,
    });
    if id > 1 {
        snapshot["parent-snapshot-id"] = (id - 1).into();
    }
    snapshot
}

pub(crate) fn set_ref(name: &str, id: i64) -> Value {
    json!({"action": "set-snapshot-ref", "ref-name": name, "type": "branch", "snapshot-id": id})
}

pub(crate) fn run(base: Option<&TableMetadata>, updates: &[Value]) -> Result<Applied, ApplyError> {
    let updates: Vec<Update> = updates.iter().map(read).collect();
    apply(base, &updates, ApplyContext { now_ms: NOW + 500, previous_file: Some(FILE) })
}

/// What `updates` make of `base`, as it is read again from what is written.
pub(crate) fn changed(base: &TableMetadata, updates: &[Value]) -> TableMetadata {
    match run(Some(base), updates).unwrap() {
        Applied::Unchanged => panic!("nothing changed"),
        Applied::Changed(metadata) => {
            assert_eq!(TableMetadata::parse(&metadata.to_bytes()).unwrap(), metadata);
            metadata
        }
    }
}

pub(crate) fn is_unchanged(base: &TableMetadata, updates: &[Value]) -> bool {
    run(Some(base), updates).unwrap() == Applied::Unchanged
}

/// The message of the 400.
pub(crate) fn refused(base: &TableMetadata, updates: &[Value]) -> String {
    match run(Some(base), updates).unwrap_err() {
        ApplyError::Invalid(message) | ApplyError::Unsupported(message) => message,
        ApplyError::Conflict(message) => panic!("a conflict: {message}"),
    }
}

pub(crate) fn properties(pairs: &[(&str, &str)]) -> Properties {
    request(pairs).properties
}
