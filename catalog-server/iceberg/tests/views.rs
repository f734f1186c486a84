//! View documents: as engines write them, broken, and of any bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use iceberg_model::{AppliedView, ViewMetadata, ViewRequirement, ViewUpdate, apply_view};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

const DOCUMENT: &[u8] = include_bytes!("documents/spark-view.metadata.json");

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn parse(document: &Value) -> Result<ViewMetadata, String> {
    ViewMetadata::parse(document.to_string().as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_document_is_written_as_it_was_read() {
    let metadata = ViewMetadata::parse(DOCUMENT).unwrap();
    assert_eq!(value(&metadata.to_bytes()), value(DOCUMENT));
    assert_eq!(ViewMetadata::parse(&metadata.to_bytes()).unwrap(), metadata);
    let current = metadata.current_version().unwrap();
    assert_eq!((current.id, current.default_namespace.len()), (3, 2));
    let kinds: Vec<_> = current.representations.iter().map(|one| (one.kind(), one.dialect())).collect();
    assert_eq!(kinds, [("sql", Some("spark")), ("substrait", None)]);
    assert_eq!(metadata.current_schema().unwrap().fields.len(), 2);
}

#[test]
fn what_nobody_knows_outlives_a_commit_with_its_text_and_its_order() {
    let base = ViewMetadata::parse(DOCUMENT).unwrap();
    let update: ViewUpdate =
        serde_json::from_str(r#"{"action": "set-properties", "updates": {"comment": "other"}}"#).unwrap();
    let AppliedView::Changed(next) = apply_view(&base, &[update], 0).unwrap() else { unreachable!() };
    let written = String::from_utf8(next.to_bytes()).unwrap();
    for kept in [
        r#""x-first":{ "z" : 1, "a" : [ 3, 2, 1 ] },"x-second":0.1000}"#,
        r#""plan" : { "z" : 1, "a" : [ 3, 2, 1 ] }"#,
        r#""x-hints" : [ 1.0e2 ]"#,
        r#""x-version":0.1000"#,
        r#""x-field":{ "b" : 1, "a" : 1.10 }"#,
    ] {
        assert!(written.contains(kept), "{kept} is not in {written}");
    }
}

#[test]
fn broken_documents_are_refused_with_what_is_broken() {
    let cases: [(&str, Value, &str); 8] = [
        ("/format-version", 2.into(), "Unsupported format version: 2"),
        ("/view-uuid", "x".into(), "field view-uuid: UUID parsing failed"),
        ("/location", Value::Null, "field location is missing"),
        ("/current-version-id", 4.into(), "Cannot find current version 4 in view versions: [2, 3]"),
        ("/versions/0/schema-id", 7.into(), "Cannot find current schema with id 7 in schemas: [1]"),
        ("/versions/1/version-id", 3.into(), "versions has id 3 twice"),
        ("/versions/0/default-namespace", "a".into(), "field default-namespace: invalid type"),
        ("/version-log", json!({}), "field version-log: invalid type"),
    ];
    for (place, broken, expected) in cases {
        let mut document = value(DOCUMENT);
        *document.pointer_mut(place).unwrap() = broken;
        let message = parse(&document).unwrap_err();
        assert!(message.contains(expected), "{message} does not say {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_splintered_document_ends_in_a_value_that_lasts_or_in_an_error(
        cuts in vec((any::<prop::sample::Index>(), 0_usize..40, "[\\[\\]{},:\"0-9a-z]{0,4}"), 1..4),
    ) {
        let mut bytes = DOCUMENT.to_vec();
        for (start, length, splinter) in cuts {
            let start = start.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, splinter.bytes());
        }
        if let Ok(metadata) = ViewMetadata::parse(&bytes) {
            prop_assert_eq!(ViewMetadata::parse(&metadata.to_bytes()).unwrap(), metadata);
        }
        let _outcome = serde_json::from_slice::<ViewUpdate>(&bytes);
        let _outcome = serde_json::from_slice::<ViewRequirement>(&bytes);
    }
}
