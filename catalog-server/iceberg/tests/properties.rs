//! What holds for any input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;

use iceberg_model::{Applied, ApplyContext, Requirement, Schema, TableMetadata, Update, apply, check};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

mod updates;

use updates::any_update;

const DOCUMENTS: [&[u8]; 5] = [
    include_bytes!("documents/pyiceberg-v1.metadata.json"),
    include_bytes!("documents/pyiceberg-v2.metadata.json"),
    include_bytes!("documents/spark-v2.metadata.json"),
    include_bytes!("documents/spark-v3.metadata.json"),
    include_bytes!("documents/old-v1.metadata.json"),
];

/// Texts that make broken JSON, or JSON that is not what it should be.
const SPLINTERS: [&str; 16] = [
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "-1",
    "1e999",
    "9223372036854775808",
    "\\u",
    "\u{0}",
    "true",
    "{\"id\":1}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_end_in_a_value_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        let _outcome = TableMetadata::parse(&bytes);
    }

    #[test]
    fn a_splintered_document_ends_in_a_value_that_lasts_or_in_an_error(
        document in 0..DOCUMENTS.len(),
        cuts in vec((any::<prop::sample::Index>(), 0_usize..40, 0..SPLINTERS.len()), 1..4),
    ) {
        let mut bytes = DOCUMENTS[document].to_vec();
        for (start, length, splinter) in cuts {
            let start = start.index(bytes.len() + 1);
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, SPLINTERS[splinter].bytes());
        }
        lasts(&bytes);
    }

    #[test]
    fn a_document_with_any_value_anywhere_ends_in_a_value_that_lasts_or_in_an_error(
        document in 0..DOCUMENTS.len(),
        changes in vec((any::<prop::sample::Index>(), any_json()), 1..3),
    ) {
        let mut value: Value = serde_json::from_slice(DOCUMENTS[document]).unwrap();
        for (place, new) in changes {
            let mut paths = Vec::new();
            pointers(&value, String::new(), &mut paths);
            *value.pointer_mut(&paths[place.index(paths.len())]).unwrap() = new;
        }
        lasts(value.to_string().as_bytes());
    }

    #[test]
    fn any_json_as_a_request_ends_in_a_value_or_an_error(value in any_json()) {
        let text = value.to_string();
        let _outcome = serde_json::from_str::<Update>(&text);
        let _outcome = serde_json::from_str::<Requirement>(&text);
        let _outcome = serde_json::from_str::<Schema>(&text);
    }

    #[test]
    fn unknown_fields_outlive_a_commit_in_their_order(fields in vec(any_json(), 0..6)) {
        let mut document: Value = serde_json::from_slice(DOCUMENTS[2]).unwrap();
        for (number, field) in fields.iter().enumerate() {
            document[format!("y-{}", 9 - number)] = field.clone();
        }
        let base = TableMetadata::parse(document.to_string().as_bytes()).unwrap();
        let update = json!({"action": "set-properties", "updates": {"a": "b"}});
        let next = committed(&base, &[update], 1).unwrap();
        let written: Value = serde_json::from_slice(&next.to_bytes()).unwrap();
        let kept: Vec<_> = written.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("y-")).collect();
        let expected: Vec<_> = document.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("y-")).collect();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn any_sequence_of_commits_leaves_a_sound_table(
        version in 1_usize..4,
        commits in vec(vec(any_update(), 1..6), 1..12),
    ) {
        let mut base = of_version(version);
        for (number, updates) in commits.iter().enumerate() {
            let Some(next) = committed(&base, updates, i64::try_from(number).unwrap()) else { continue };
            assert_sound(&next);
            assert_followed(&base, &next);
            base = next;
        }
    }
}

/// A table of that format version, made by PyIceberg.
fn of_version(version: usize) -> TableMetadata {
    let table = TableMetadata::parse(DOCUMENTS[version.min(2) - 1]).unwrap();
    let upgrade = json!({"action": "upgrade-format-version", "format-version": version});
    committed(&table, &[upgrade], 0).unwrap_or(table)
}

/// What was read is written so that it is read as the same again.
fn lasts(bytes: &[u8]) {
    let Ok(metadata) = TableMetadata::parse(bytes) else { return };
    let written = metadata.to_bytes();
    let again = TableMetadata::parse(&written).unwrap();
    assert_eq!(again.to_bytes(), written);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "main",
            "struct",
            "list",
            "map",
            "int",
            "decimal(9, 2)",
            "fixed[4]",
            "add-schema",
            "add-snapshot",
            "é\u{0}\"\\",
            "assert-create",
            "branch",
            "bucket[4]",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let keys = prop::sample::select(vec![
            "type",
            "action",
            "fields",
            "id",
            "name",
            "required",
            "schema",
            "snapshot",
            "snapshot-id",
            "element",
            "x",
            "element-id",
            "element-required",
            "transform",
            "source-id",
            "timestamp-ms",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((keys, inner), 0..6).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

fn pointers(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, element)| pointers(element, format!("{path}/{index}"), paths));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, field)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            pointers(field, format!("{path}/{key}"), paths);
        }),
        _ => {}
    }
    paths.push(path);
}

fn committed(base: &TableMetadata, updates: &[Value], number: i64) -> Option<TableMetadata> {
    let updates: Vec<Update> =
        updates.iter().map(|update| serde_json::from_str(&update.to_string()).unwrap()).collect();
    let file = format!("s3://lake/{number}.metadata.json");
    let context = ApplyContext { now_ms: 1_795_469_700_000 + 1_000 * number, previous_file: Some(&file) };
    match apply(Some(base), &updates, context) {
        Ok(Applied::Changed(next)) => Some(next),
        Ok(Applied::Unchanged) | Err(_) => None,
    }
}

/// What a reader relies on.
fn assert_sound(table: &TableMetadata) {
    let bytes = table.to_bytes();
    assert_eq!(&TableMetadata::parse(&bytes).unwrap(), table);
    let snapshots: HashSet<i64> = table.snapshots().unwrap().iter().map(iceberg_model::Snapshot::id).collect();
    assert_eq!(snapshots.len(), table.snapshots().unwrap().len());
    assert!(table.refs().all(|(_, reference)| snapshots.contains(&reference.snapshot_id)));
    assert_eq!(table.current_snapshot_id(), table.reference("main").map(|main| main.snapshot_id));
    assert_eq!(table.next_row_id().is_some(), table.format_version() >= 3);
    assert!(table.statistics().iter().all(|file| snapshots.contains(&file.snapshot_id())));
    assert!(table.current_schema().is_some() && table.default_spec().is_some() && table.default_sort_order().is_some());
    assert!(table.schemas().iter().all(|schema| schema.highest_field_id() <= table.last_column_id()));
    let fields = table.partition_specs().iter().flat_map(|spec| &spec.fields);
    assert!(fields.into_iter().all(|field| field.field_id.unwrap() <= table.last_partition_id()));
    for snapshot in table.snapshots().unwrap() {
        assert!(snapshot.head().unwrap().sequence_number <= table.last_sequence_number());
    }
    // The Java library refuses to read tables whose logs go back further than a minute.
    let times: Vec<i64> = table.snapshot_log().unwrap().iter().map(|entry| entry.timestamp_ms).collect();
    assert!(times.windows(2).all(|pair| pair[1] >= pair[0] - 60_000));
    let last =
        times.last().into_iter().chain(table.metadata_log_entries().unwrap().last().map(|entry| &entry.timestamp_ms));
    assert!(last.into_iter().all(|time| table.last_updated_ms() >= time - 60_000));
}

/// What one state owes to the state before it.
fn assert_followed(base: &TableMetadata, next: &TableMetadata) {
    assert!(next.last_column_id() >= base.last_column_id());
    assert!(next.last_partition_id() >= base.last_partition_id());
    assert!(next.last_sequence_number() >= base.last_sequence_number());
    assert!(next.format_version() >= base.format_version());
    assert!(next.next_row_id() >= base.next_row_id());
    assert_eq!(next.uuid(), base.uuid());
    let max = next.property("write.metadata.previous-versions-max").map_or(100, |text| text.parse().unwrap()).max(1);
    assert!(next.metadata_log().unwrap().count() <= max);
    let kept: Vec<&str> = base.snapshots().unwrap().iter().map(iceberg_model::Snapshot::json).collect();
    if base.format_version() == next.format_version() {
        let old: Vec<&str> = next.snapshots().unwrap().iter().map(iceberg_model::Snapshot::json).collect();
        let mut rest = kept.iter();
        let survivors = old.iter().take_while(|snapshot| kept.contains(snapshot));
        assert!(
            survivors.into_iter().all(|survivor| rest.any(|one| one == survivor)),
            "the order of snapshots changed"
        );
    }
    let moved = base.current_snapshot_id() != next.current_snapshot_id();
    if moved && let Some(current) = next.current_snapshot_id() {
        assert_eq!(next.snapshot_log().unwrap().last().map(|entry| entry.snapshot_id), Some(current));
    }
    let uuid = base.uuid().unwrap().to_string();
    assert!(check(&[Requirement::TableUuid(uuid)], Some(next)).is_ok());
}

#[test]
fn enough_generated_updates_apply_to_show_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let base = TableMetadata::parse(DOCUMENTS[1]).unwrap();
    let tried = 400;
    let applied = (0..tried)
        .filter(|_| committed(&base, &[any_update().new_tree(&mut runner).unwrap().current()], 0).is_some())
        .count();
    assert!(applied > tried / 4, "only {applied} of {tried} applied: the property above shows nothing");
}
