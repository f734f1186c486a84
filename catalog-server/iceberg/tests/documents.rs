//! Real metadata documents: as PyIceberg wrote them, and in the form that Spark (the Java library) and old writers use.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use iceberg_model::TableMetadata;
use serde_json::Value;

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/documents/{name}.metadata.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn parse(name: &str) -> TableMetadata {
    TableMetadata::parse(&read(name)).unwrap()
}

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn parse_value(document: &Value) -> Result<TableMetadata, String> {
    TableMetadata::parse(&serde_json::to_vec(document).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn documents_of_v2_and_v3_are_written_as_they_were_read() {
    for name in ["pyiceberg-v2", "spark-v2", "spark-v3"] {
        let original = read(name);
        let written = TableMetadata::parse(&original).unwrap().to_bytes();
        assert_eq!(value(&written), value(&original), "{name}");
    }
}

#[test]
fn what_was_written_is_read_as_the_same() {
    for name in ["pyiceberg-v1", "pyiceberg-v2", "spark-v2", "spark-v3", "old-v1"] {
        let metadata = parse(name);
        let written = metadata.to_bytes();
        let again = TableMetadata::parse(&written).unwrap();
        assert_eq!(again, metadata, "{name}");
        assert_eq!(again.to_bytes(), written, "{name}");
    }
}

#[test]
fn unknown_parts_keep_their_text_and_their_order() {
    let written = String::from_utf8(parse("spark-v2").to_bytes()).unwrap();
    for kept in [
        r#""x-first":{ "z" : 1, "a" : [ 3, 2, 1 ] },"x-second":0.1000}"#,
        r#""x-snapshot" : [ 1.0e2, null, "\u00e9" ]"#,
        r#""x-field":{ "b" : 1, "a" : 1.10 }"#,
        r#""x-ref":true"#,
    ] {
        assert!(written.contains(kept), "{kept} is not in {written}");
    }
}

#[test]
fn snapshots_keep_their_order_and_are_found() {
    let metadata = parse("spark-v2");
    let ids: Vec<i64> = metadata.snapshots().unwrap().iter().map(|snapshot| snapshot.id()).collect();
    assert_eq!(ids, [33, 22, 9_007_199_254_740_993]);
    let head = metadata.snapshot(22).unwrap().unwrap().head().unwrap();
    assert_eq!(head.parent_id, Some(33));
    assert_eq!(head.sequence_number, 2);
    assert_eq!(head.timestamp_ms, 1_767_225_630_000);
    assert_eq!(head.manifest_list.as_deref(), Some("s3://lake/db/events/metadata/snap-22-1-b.avro"));
    assert_eq!(head.schema_id, Some(1));
    assert_eq!(metadata.current_snapshot_id(), Some(9_007_199_254_740_993));
    let files: Vec<&str> = metadata.metadata_log().unwrap().collect();
    assert_eq!(
        files,
        ["s3://lake/db/events/metadata/00000-a.metadata.json", "s3://lake/db/events/metadata/00001-b.metadata.json"]
    );
}

#[test]
fn an_old_v1_document_is_read_with_what_the_spec_fills_in() {
    let metadata = parse("old-v1");
    assert_eq!(metadata.format_version(), 1);
    assert_eq!(metadata.uuid(), None);
    assert_eq!(metadata.location(), "hdfs://nn/warehouse/db/old");
    assert_eq!(metadata.current_schema_id(), 0);
    assert_eq!(metadata.schemas().len(), 1);
    let spec = metadata.default_spec().unwrap();
    assert_eq!((spec.fields[0].field_id, spec.fields[1].field_id), (Some(1000), Some(1001)));
    assert_eq!(metadata.last_partition_id(), 1001);
    assert!(metadata.default_sort_order().unwrap().is_unsorted());
    assert_eq!(metadata.reference("main").unwrap().snapshot_id, 71);
    assert_eq!(metadata.snapshot(71).unwrap().unwrap().head().unwrap().manifests.len(), 1);
}

#[test]
fn v1_is_written_with_the_old_fields_and_the_new() {
    for name in ["old-v1", "pyiceberg-v1"] {
        let written = value(&parse(name).to_bytes());
        let current = written["current-schema-id"].as_i64().unwrap();
        let current = written["schemas"].as_array().unwrap().iter().find(|schema| schema["schema-id"] == current);
        assert_eq!(Some(&written["schema"]), current, "{name}");
        assert_eq!(written["partition-spec"], written["partition-specs"][0]["fields"], "{name}");
        assert_eq!(written.get("last-sequence-number"), None, "{name}");
        assert!(written["sort-orders"][0]["fields"].is_array(), "{name}");
    }
}

#[test]
fn a_table_without_snapshots_says_minus_one_in_v2_and_nothing_in_v3() {
    for (name, expected) in [("spark-v2", Some(-1)), ("spark-v3", None)] {
        let mut document = value(&read(name));
        for key in ["current-snapshot-id", "refs", "snapshots", "snapshot-log"] {
            document.as_object_mut().unwrap().remove(key);
        }
        let metadata = parse_value(&document).unwrap();
        assert_eq!(metadata.current_snapshot_id(), None);
        let written = value(&metadata.to_bytes());
        assert_eq!(written.get("current-snapshot-id").and_then(Value::as_i64), expected, "{name}");
    }
}

type Breakage<'a> = &'a dyn Fn(&mut Value);

#[test]
fn broken_documents_are_refused_with_what_is_broken() {
    let cases: [(&str, Breakage<'_>, &str); 16] = [
        ("spark-v2", &|d| d["format-version"] = 4.into(), "Cannot read unsupported version 4"),
        ("spark-v2", &|d| d["format-version"] = "2".into(), "field format-version: invalid type: string"),
        ("spark-v2", &|d| d["table-uuid"] = Value::Null, "UUID is required in format v2"),
        ("spark-v2", &|d| d["table-uuid"] = "x".into(), "field table-uuid: UUID parsing failed"),
        ("spark-v2", &|d| d["schemas"] = Value::Null, "field schemas is missing"),
        ("spark-v2", &|d| d["current-schema-id"] = 7.into(), "schemas has no current-schema-id=7"),
        ("spark-v2", &|d| d["schemas"][1]["schema-id"] = 0.into(), "schemas has id 0 twice"),
        ("spark-v2", &|d| d["schemas"][0]["fields"][0]["type"] = "text".into(), "unknown type text"),
        ("spark-v2", &|d| d["default-spec-id"] = 9.into(), "partition-specs has no default-spec-id=9"),
        ("spark-v2", &|d| d["last-column-id"] = 3_000_000_000_u32.into(), "field last-column-id: invalid value"),
        ("spark-v2", &|d| d["snapshots"][1]["snapshot-id"] = 33.into(), "snapshot 33 appears twice"),
        (
            "spark-v2",
            &|d| d["snapshots"][1]["snapshot-id"] = "a".into(),
            "field snapshot-id is missing or not a number",
        ),
        ("spark-v2", &|d| d["refs"]["eoy"]["snapshot-id"] = 4.into(), "ref eoy names snapshot 4, which does not exist"),
        ("spark-v2", &|d| d["current-snapshot-id"] = 22.into(), "is not that of the main branch"),
        ("spark-v2", &|d| d["current-snapshot-id"] = (-1).into(), "but none is current"),
        ("pyiceberg-v1", &|d| d["last-sequence-number"] = 1.into(), "Sequence number must be 0 in v1: 1"),
    ];
    for (name, breakage, expected) in cases {
        let mut document = value(&read(name));
        breakage(&mut document);
        let message = parse_value(&document).unwrap_err();
        assert!(message.contains(expected), "{message} does not say {expected}");
    }
}

#[test]
fn fields_that_appear_twice_are_refused() {
    let document = String::from_utf8(read("spark-v2")).unwrap();
    for (key, value) in
        [("location", "\"s3://other\""), ("snapshots", "[]"), ("metadata-log", "[]"), ("snapshot-log", "[]")]
    {
        let twice = document.replacen('{', &format!("{{\"{key}\": {value},"), 1);
        let message = TableMetadata::parse(twice.as_bytes()).unwrap_err().to_string();
        assert_eq!(message, format!("cannot parse table metadata: field {key} appears twice"));
    }
}

#[test]
fn types_nested_beyond_reason_are_refused() {
    let mut nested = Value::from("int");
    for id in 0..100_000 {
        nested = serde_json::json!({"type": "list", "element-id": id, "element": nested, "element-required": false});
        if id == 80 {
            let mut document = value(&read("spark-v2"));
            document["schemas"][0]["fields"][0]["type"] = nested;
            assert!(parse_value(&document).unwrap_err().contains("nested deeper than"));
            break;
        }
    }
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let text = String::from_utf8(read("spark-v2")).unwrap().replace("\"x-second\" : 0.1000", &format!("\"x\":{deep}"));
    let metadata = TableMetadata::parse(text.as_bytes()).unwrap();
    assert!(String::from_utf8(metadata.to_bytes()).unwrap().contains(&deep));
}

#[test]
fn five_thousand_snapshots_are_read_without_being_parsed() {
    let mut document = value(&read("spark-v2"));
    let snapshots: Vec<Value> = (0..5_000)
        .map(|id| {
            let mut snapshot = document["snapshots"][1].clone();
            snapshot["snapshot-id"] = (100 + id).into();
            // Nobody looks at it until somebody asks.
            snapshot["timestamp-ms"] = "not a time".into();
            snapshot
        })
        .collect();
    document["snapshots"] = snapshots.into();
    document["refs"] = serde_json::json!({"main": {"snapshot-id": 100, "type": "branch"}});
    document["current-snapshot-id"] = 100.into();
    document["snapshot-log"] = Value::Null;
    let metadata = parse_value(&document).unwrap();
    assert_eq!(metadata.snapshots().unwrap().len(), 5_000);
    assert!(metadata.snapshot(5_099).unwrap().unwrap().head().is_err());
}
