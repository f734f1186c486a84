//! As `reference.rs`, for views: `recorded/RecordViews.java` made the recordings.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use iceberg_model::{AppliedView, ApplyError, ViewMetadata, ViewRequirement, ViewUpdate, apply_view, check_view};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What is found again counts as added here; the reference refuses `-1` then.
const FOUND_AGAIN: [&str; 2] = [
    "Cannot set last added schema: no schema has been added",
    "Cannot set last version id: no current version id has been set",
];

#[derive(Deserialize)]
struct Line {
    base: Option<Map<String, Value>>,
    requirement: Option<Value>,
    unmet: Option<String>,
    #[serde(default)]
    updates: Vec<Value>,
    changes: Option<Map<String, Value>>,
    #[serde(default)]
    gone: Vec<String>,
    error: Option<String>,
}

type Counts = BTreeMap<&'static str, usize>;

fn replay(recorded: &str, counts: &mut Counts) {
    let mut document = Map::new();
    for (number, line) in recorded.lines().enumerate() {
        let line: Line = serde_json::from_str(line).unwrap();
        if let Some(base) = line.base {
            document = base;
            continue;
        }
        let base = ViewMetadata::parse(Value::from(document.clone()).to_string().as_bytes()).unwrap();
        check_requirement(&base, &line.requirement.unwrap(), line.unmet.as_deref());
        let expected = line.changes.map(|changes| {
            let mut next = document.clone();
            next.extend(changes);
            next.retain(|key, _| !line.gone.contains(key));
            next
        });
        let place = format!("line {}, {}", number + 1, Value::from(line.updates.clone()));
        let applied = commit(&base, &line.updates, expected.as_ref().map_or(0, last_logged));
        *counts.entry(compare(&place, applied, expected.as_ref(), line.error.as_deref())).or_default() += 1;
        document = expected.unwrap_or(document);
    }
}

fn compare(
    place: &str,
    applied: Result<AppliedView, ApplyError>,
    expected: Option<&Map<String, Value>>,
    error: Option<&str>,
) -> &'static str {
    match (applied, expected, error) {
        (Ok(AppliedView::Changed(actual)), Some(expected), None) => {
            let actual = normal(serde_json::from_slice(&actual.to_bytes()).unwrap());
            let expected = normal(expected.clone());
            for key in actual.keys().chain(expected.keys()) {
                assert_eq!(actual.get(key), expected.get(key), "{place}: {key}");
            }
            "changed"
        }
        (Ok(AppliedView::Unchanged), None, None) => "unchanged",
        (_, None, Some(error)) if FOUND_AGAIN.contains(&error) => "different on purpose",
        (Err(ApplyError::Invalid(message)), None, Some(error)) if first_line(&message) == first_line(error) => {
            "refused"
        }
        (applied, expected, error) => {
            panic!("{place}: {applied:?}, but the reference: {error:?}, changed: {}", expected.is_some())
        }
    }
}

/// The other lines list dialects, which the reference keeps in no order.
fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// The server's time is in the log when a version of old became current.
fn last_logged(document: &Map<String, Value>) -> i64 {
    document["version-log"].as_array().unwrap().last().unwrap()["timestamp-ms"].as_i64().unwrap()
}

fn commit(base: &ViewMetadata, updates: &[Value], now_ms: i64) -> Result<AppliedView, ApplyError> {
    let updates: Vec<ViewUpdate> = updates.iter().map(|one| serde_json::from_str(&one.to_string()).unwrap()).collect();
    apply_view(base, &updates, now_ms)
}

fn check_requirement(base: &ViewMetadata, requirement: &Value, unmet: Option<&str>) {
    let requirement: ViewRequirement = serde_json::from_str(&requirement.to_string()).unwrap();
    let failed = check_view(&[requirement], base).err().map(|failed| failed.to_string());
    assert_eq!(failed.as_deref(), unmet);
}

/// The reference puts the current version first when it forgets old ones; here they stay in their order.
fn normal(mut metadata: Map<String, Value>) -> Map<String, Value> {
    metadata["versions"].as_array_mut().unwrap().sort_by_key(|version| version["version-id"].as_i64());
    metadata
}

#[test]
fn random_commits_to_views_have_the_results_and_the_refusals_of_the_reference_implementation() {
    let folder = format!("{}/tests/recorded", env!("CARGO_MANIFEST_DIR"));
    let mut counts = Counts::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("views-") {
            replay(&std::fs::read_to_string(path).unwrap(), &mut counts);
        }
    }
    println!("{counts:?}");
    for (kind, least) in [("changed", 50), ("refused", 20), ("unchanged", 2)] {
        assert!(counts.get(kind).is_some_and(|count| *count >= least), "too few {kind}: {counts:?}");
    }
}
