//! Commits that the reference implementation (Iceberg for Java 1.11) made of random updates, recorded by
//! `recorded/Record.java`, and commits that chance does not find (`recorded/RecordCases.java`): the same updates must make
//! the same metadata here, and be refused with the same words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use iceberg_model::{Applied, ApplyContext, ApplyError, Requirement, TableMetadata, Update, apply, check};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Where we differ on purpose: what the reference says, and what becomes of it here.
const DEVIATIONS: [(&str, &str); 19] = [
    // What was found again counts as added.
    ("Cannot set last added schema: no schema has been added", ""),
    ("Cannot set last added spec: no spec has been added", ""),
    ("Cannot set last added sort order: no sort order has been added", ""),
    // A field id that is used twice is named as what it is.
    ("Cannot add field again as an identifier field: not a required field", "Invalid schema: multiple fields for id"),
    ("Multiple entries with same key: 1=", "Invalid schema: multiple fields for id 1"),
    // Checked when it is set, not when the document is written.
    ("Cannot find schema with current-schema-id=", "Cannot set current schema to unknown schema"),
    // The reference implementation stumbles over an id that is not there.
    ("arraySize cannot be negative", ""),
    // What is no JSON of the kind is named in our words.
    ("For input string", "Table property write.metadata.previous-versions-max must have integer value"),
    ("path must not be null or empty", "Cannot set location to nothing"),
    ("Cannot parse missing", "cannot parse"),
    ("Illegal base64 character", "cannot parse"),
    ("Invalid snapshot ref type", "cannot parse"),
    ("Invalid CRS", "cannot parse"),
    ("Invalid edge interpolation algorithm", "cannot parse"),
    ("Decimals with precision", "cannot parse"),
    // A null that stands for what is absent.
    ("Cannot create expression literal from null", ""),
    ("Type: ", "Invalid default value for"),
    ("Cannot create expression literal", "Invalid default value for"),
    ("Text '2023-02-29' could not be parsed", "Cannot parse default as a date value"),
];

/// What the reference does and we refuse: no reader or writer could go on from it.
const STRICTER: [&str; 7] = [
    "Cannot partition by unknown transform",
    "Cannot sort by unknown transform",
    "Cannot use partition field id more than once",
    "Cannot use an empty ref name",
    "Cannot add snapshot 5: summary has no operation",
    "Cannot add snapshot 5: manifest-list is missing",
    "Table property commit.retry.num-retries must have non negative integer value",
];

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Line {
    base: Option<Map<String, Value>>,
    requirement: Option<Value>,
    unmet: Option<String>,
    #[serde(default)]
    updates: Vec<Value>,
    previous_file: Option<String>,
    changes: Option<Map<String, Value>>,
    #[serde(default)]
    gone: Vec<String>,
    error: Option<String>,
    #[serde(default)]
    kind: String,
    /// Whether the next line begins again with the base.
    #[serde(default)]
    apart: bool,
}

/// What happened in a recording, by kind.
type Counts = BTreeMap<&'static str, usize>;

fn replay(recorded: &str, counts: &mut Counts) {
    let mut document = Map::new();
    for (number, line) in recorded.lines().enumerate() {
        let line: Line = serde_json::from_str(line).unwrap();
        if let Some(base) = line.base {
            document = base;
            continue;
        }
        let base = parse(&document);
        let place = format!("line {}, {}", number + 1, Value::from(line.updates.clone()));
        check_requirement(&base, line.requirement.as_ref().unwrap(), line.unmet.as_deref());
        let expected = line.changes.map(|changes| {
            let mut next = document.clone();
            next.extend(changes);
            next.retain(|key, _| !line.gone.contains(key));
            next
        });
        let now_ms = expected.as_ref().map_or(0, |next| next["last-updated-ms"].as_i64().unwrap());
        let applied =
            commit(&base, &line.updates, ApplyContext { now_ms, previous_file: line.previous_file.as_deref() });
        let kind = compare(&place, applied, expected.as_ref(), line.error.as_deref(), &line.kind);
        *counts.entry(kind).or_default() += 1;
        document = expected.filter(|_| !line.apart).unwrap_or(document);
    }
}

fn compare(
    place: &str,
    applied: Result<Applied, ApplyError>,
    expected: Option<&Map<String, Value>>,
    error: Option<&str>,
    kind: &str,
) -> &'static str {
    match (applied, expected, error) {
        (Ok(Applied::Changed(actual)), Some(expected), None) => {
            let actual = normal(serde_json::from_slice(&actual.to_bytes()).unwrap());
            let expected = normal(expected.clone());
            for key in actual.keys().chain(expected.keys()).filter(|key| !is_own_way(key, &actual, &expected)) {
                assert_eq!(actual.get(key), expected.get(key), "{place}: {key}");
            }
            "changed"
        }
        (Ok(Applied::Unchanged), None, None) => "unchanged",
        (applied, None, Some(error)) if deviates(&applied, error) => "different on purpose",
        (Err(ApplyError::Invalid(message)), _, _) if STRICTER.iter().any(|ours| message.starts_with(ours)) => {
            "stricter"
        }
        (Err(_), None, Some(_)) if kind == "NullPointerException" => "refused more politely",
        (Err(ApplyError::Conflict(message)), None, Some(error))
            if message == error && kind.starts_with("Retryable") =>
        {
            "conflict"
        }
        (Err(ApplyError::Invalid(message)), None, Some(error))
            if message == error && !kind.starts_with("Retryable") =>
        {
            "refused"
        }
        (applied, expected, error) => {
            panic!("{place}: {applied:?}, but the reference: {error:?} {kind}, changed: {}", expected.is_some())
        }
    }
}

fn deviates(applied: &Result<Applied, ApplyError>, error: &str) -> bool {
    let message = applied.as_ref().err().map(ToString::to_string).unwrap_or_default();
    DEVIATIONS.iter().any(|(theirs, ours)| error.starts_with(theirs) && message.starts_with(ours))
}

/// Behind the rows that a snapshot takes, whatever the first one was; the reference counts them only.
fn is_own_way(key: &str, ours: &Map<String, Value>, theirs: &Map<String, Value>) -> bool {
    key == "next-row-id" && ours[key].as_i64() > theirs[key].as_i64()
}

fn commit(base: &TableMetadata, updates: &[Value], context: ApplyContext<'_>) -> Result<Applied, ApplyError> {
    let read = updates.iter().map(|one| serde_json::from_str(&one.to_string()));
    let updates: Vec<Update> =
        read.collect::<Result<_, _>>().map_err(|error| ApplyError::Invalid(error.to_string()))?;
    apply(Some(base), &updates, context)
}

fn check_requirement(base: &TableMetadata, requirement: &Value, unmet: Option<&str>) {
    let requirement: Requirement = serde_json::from_str(&requirement.to_string()).unwrap();
    let failed = check(&[requirement], Some(base)).err().map(|failed| failed.to_string());
    assert_eq!(failed.as_deref(), unmet);
}

fn parse(document: &Map<String, Value>) -> TableMetadata {
    TableMetadata::parse(Value::from(document.clone()).to_string().as_bytes()).unwrap()
}

/// The reference keeps statistics in no order, writes null for what is absent, no sequence number that is 0, no rows without
/// a first id, and bytes in capitals.
fn normal(mut metadata: Map<String, Value>) -> Map<String, Value> {
    metadata.retain(|_, value| !value.is_null());
    for key in ["statistics", "partition-statistics"] {
        let files = metadata[key].as_array_mut().unwrap();
        files.sort_by_key(|file| file["snapshot-id"].as_i64());
    }
    for snapshot in metadata["snapshots"].as_array_mut().unwrap() {
        let snapshot = snapshot.as_object_mut().unwrap();
        let numbered = snapshot.contains_key("first-row-id");
        snapshot.retain(|key, value| (key != "sequence-number" || *value != 0) && (key != "added-rows" || numbered));
    }
    for schema in metadata["schemas"].as_array_mut().unwrap() {
        for field in schema["fields"].as_array_mut().unwrap().iter_mut().filter_map(Value::as_object_mut) {
            for default in ["initial-default", "write-default"] {
                if let Some(Value::String(text)) = field.get_mut(default) {
                    text.make_ascii_lowercase();
                }
            }
        }
    }
    metadata
}

#[test]
fn random_commits_have_the_results_and_the_refusals_of_the_reference_implementation() {
    let folder = format!("{}/tests/recorded", env!("CARGO_MANIFEST_DIR"));
    let mut counts = Counts::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("java-") {
            replay(&std::fs::read_to_string(path).unwrap(), &mut counts);
        }
    }
    println!("{counts:?}");
    for (kind, least) in [("changed", 100), ("refused", 20), ("conflict", 4), ("unchanged", 4)] {
        assert!(counts.get(kind).is_some_and(|count| *count >= least), "too few {kind}: {counts:?}");
    }
}
