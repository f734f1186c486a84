//! A view and shorthands for the unit tests of this module.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{NOW, properties, read};
use crate::{AppliedView, ApplyError, CreateView, ViewMetadata, ViewUpdate, apply_view, create_view};

/// A version of the fixture's schema with `representations` of `(dialect, query)`.
pub(crate) fn version(id: i32, queries: &[(&str, &str)]) -> Value {
    let representations: Vec<Value> =
        queries.iter().map(|(dialect, sql)| json!({"type": "sql", "sql": sql, "dialect": dialect})).collect();
    json!({"version-id": id, "timestamp-ms": NOW + 7, "schema-id": 0, "summary": {"engine": "spark"},
        "default-catalog": "lake", "default-namespace": ["a", "b"], "representations": representations})
}

pub(crate) fn request() -> CreateView {
    CreateView {
        uuid: Uuid::from_u128(10),
        location: "s3://lake/v/".to_owned(),
        schema: read(&json!({"type": "struct", "schema-id": 5, "fields": [
            {"id": 3, "name": "id", "required": true, "type": "int", "doc": "unique"},
            {"id": 4, "name": "data", "required": false, "type": "string"}]})),
        version: read(&version(9, &[("spark", "select 1")])),
        properties: properties(&[("owner", "ada")]),
    }
}

/// A view with one version, `select 1` for Spark.
pub(crate) fn view() -> ViewMetadata {
    create_view(request()).unwrap()
}

/// The updates that replace a view's query.
pub(crate) fn replace(id: i32, queries: &[(&str, &str)]) -> Vec<Value> {
    vec![json!({"action": "add-view-version", "view-version": version(id, queries)}), set_current(-1)]
}

pub(crate) fn set_current(id: i32) -> Value {
    json!({"action": "set-current-view-version", "view-version-id": id})
}

pub(crate) fn run(base: &ViewMetadata, updates: &[Value]) -> Result<AppliedView, ApplyError> {
    let updates: Vec<ViewUpdate> = updates.iter().map(read).collect();
    apply_view(base, &updates, NOW + 500)
}

/// What `updates` make of `base`, as it is read again from what is written.
pub(crate) fn changed(base: &ViewMetadata, updates: &[Value]) -> ViewMetadata {
    match run(base, updates).unwrap() {
        AppliedView::Unchanged => panic!("nothing changed"),
        AppliedView::Changed(metadata) => {
            assert_eq!(ViewMetadata::parse(&metadata.to_bytes()).unwrap(), metadata);
            metadata
        }
    }
}

pub(crate) fn is_unchanged(base: &ViewMetadata, updates: &[Value]) -> bool {
    run(base, updates).unwrap() == AppliedView::Unchanged
}

/// The message of the 400.
pub(crate) fn refused(base: &ViewMetadata, updates: &[Value]) -> String {
    match run(base, updates).unwrap_err() {
        ApplyError::Invalid(message) => message,
        other => panic!("not a 400 ValidationException: {other}"),
    }
}
