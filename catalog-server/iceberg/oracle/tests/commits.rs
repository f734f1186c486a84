//! Random commits, made by `iceberg-model` and by the `iceberg` crate: what the crate can represent comes out the same,
//! and what one refuses the other refuses, but for what [`DIFFERENCES`] lists. By hand: `cargo test --release`;
//! `PANGOLIN_TEST_FACTOR` multiplies the histories, which are the same in each run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use iceberg_model::{Applied, ApplyContext, ApplyError, TableMetadata, Update, apply};
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

#[path = "../../tests/updates/mod.rs"]
mod updates;

const FILE: &str = "s3://lake/t/metadata/00001-0123abcd-4567-89ab-cdef-0123456789ab.metadata.json";
const DOCUMENTS: [&[u8]; 2] = [
    include_bytes!("../../tests/documents/pyiceberg-v1.metadata.json"),
    include_bytes!("../../tests/documents/pyiceberg-v2.metadata.json"),
];
const HISTORIES: u32 = 4_000;

/// One commit, as both saw it.
struct Case<'a> {
    base: &'a TableMetadata,
    updates: &'a [Value],
    difference: Difference,
}

/// How the two outcomes differ.
#[derive(Debug)]
enum Difference {
    /// The crate cannot read the table, or one of the updates.
    Unread,
    /// This field of the next metadata.
    Field(String),
    /// The crate refuses what we do.
    OnlyHere(String),
    /// We refuse what the crate does.
    OnlyThere(String),
}

use Difference::{Field, OnlyHere, OnlyThere, Unread};

/// A difference that is right.
struct Known {
    reason: &'static str,
    is: fn(&Case<'_>) -> bool,
}

/// All that may differ. A run fails if one of them never does.
const DIFFERENCES: &[Known] = &[
    Known {
        reason: "the crate has no variant",
        is: |case| matches!(case.difference, Unread) && (case.says("variant") || case.has("variant")),
    },
    Known {
        reason: "of a v1 table the crate reads no ref but main",
        is: |case| {
            let others = case.base.refs().any(|(name, _)| name != "main");
            case.base.format_version() == 1 && others && case.in_field("refs")
        },
    },
    Known {
        reason: "the crate reads encryption keys from v3 on",
        is: |case| case.base.format_version() < 3 && case.has("encryption-keys") && case.in_field("encryption-keys"),
    },
    Known {
        reason: "the crate reads the rows of a snapshot from v3 on",
        is: |case| case.base.format_version() < 3 && case.has("first-row-id") && case.in_field("snapshots"),
    },
    Known {
        reason: "the crate, as the Java library, counts a snapshot's rows from next-row-id on, whatever its first row is: \
            then a row id may be given twice",
        is: |case| {
            let behind = "Cannot add a snapshot, first-row-id is behind table next-row-id";
            case.says("first-row-id") && (case.in_field("next-row-id") || case.refused_here(behind))
        },
    },
    Known {
        reason: "the crate gives a v1 table's partition fields the next free ids; the Java library goes by position",
        is: |case| {
            let ids = ["non-sequential field ids", "Cannot use field id more than once"];
            case.base.format_version() == 1 && ids.iter().any(|part| case.refused_there(part))
        },
    },
    Known {
        reason: "a snapshot may be up to a minute older than the table, as the Java library has it",
        is: |case| {
            case.refused_there("before last updated timestamp") || case.refused_there("before last snapshot timestamp")
        },
    },
    Known {
        reason: "the crate's last sequence number goes back with a snapshot that has no parent",
        is: |case| case.refused_there("greater than last sequence number") || case.in_field("last-sequence-number"),
    },
    Known {
        reason: "a snapshot of a v1 table has no sequence number: the crate drops it",
        is: |case| case.refused_here("Sequence number must be 0 in v1"),
    },
];

impl Case<'_> {
    /// The updates have that in their text.
    fn says(&self, part: &str) -> bool {
        self.updates.iter().any(|update| update.to_string().contains(part))
    }

    /// The table has that in its text.
    fn has(&self, part: &str) -> bool {
        String::from_utf8(self.base.to_bytes()).unwrap().contains(part)
    }

    fn in_field(&self, name: &str) -> bool {
        matches!(&self.difference, Field(field) if field == name)
    }

    fn refused_here(&self, part: &str) -> bool {
        matches!(&self.difference, OnlyThere(message) if message.contains(part))
    }

    fn refused_there(&self, part: &str) -> bool {
        matches!(&self.difference, OnlyHere(message) if message.contains(part))
    }

    fn tell(&self) -> String {
        let base = String::from_utf8(self.base.to_bytes()).unwrap();
        format!("{:?}\n{}\n{base}", self.difference, Value::from(self.updates.to_vec()))
    }
}

/// What became of the commits, and how often.
type Counts = BTreeMap<&'static str, usize>;

#[test]
fn random_commits_have_the_results_of_the_iceberg_crate() {
    let counts = RefCell::new(Counts::new());
    let histories = (1_usize..4, vec(vec(updates::any_update(), 1..4), 1..10));
    let factor = std::env::var("PANGOLIN_TEST_FACTOR").map_or(1, |text| text.parse().unwrap());
    let config = Config { failure_persistence: None, ..Config::with_cases(HISTORIES * factor) };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = runner.run(&histories, |(version, commits)| {
        let mut base = of_version(version);
        for updates in &commits {
            let (kinds, next) = compare(&base, updates);
            let mut counts = counts.borrow_mut();
            kinds.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
            drop(counts);
            base = next.unwrap_or(base);
        }
        Ok(())
    });
    let counts = counts.into_inner();
    println!("{counts:#?}");
    run.unwrap();
    let idle: Vec<_> = DIFFERENCES.iter().map(|known| known.reason).filter(|one| !counts.contains_key(one)).collect();
    assert!(idle.is_empty(), "these differences do not show: {idle:#?}");
    let (same, all) = (counts["changed alike"], counts.values().sum::<usize>());
    assert!(same > all / 4, "only {same} of {all} commits changed something in both");
}

/// A table of that format version.
fn of_version(version: usize) -> TableMetadata {
    let table = TableMetadata::parse(DOCUMENTS[version.min(2) - 1]).unwrap();
    let upgrade = json!({"action": "upgrade-format-version", "format-version": version});
    match ours(&table, &[upgrade]).unwrap() {
        Applied::Changed(table) => table,
        Applied::Unchanged => table,
    }
}

/// What became of a commit, and the table that it left, if it changed anything here.
fn compare(base: &TableMetadata, updates: &[Value]) -> (Vec<&'static str>, Option<TableMetadata>) {
    let (ours, theirs) = (ours(base, updates), theirs(base, updates));
    let (alike, differences) = match (&ours, theirs) {
        (_, Err(Their::Unread)) => ("", vec![Unread]),
        (Err(_), Err(Their::Refused(_))) => ("refused by both", Vec::new()),
        (Ok(_), Err(Their::Refused(message))) => ("", vec![OnlyHere(message)]),
        (Err(error), Ok(_)) => ("", vec![OnlyThere(error.to_string())]),
        (Ok(Applied::Changed(next)), Ok(metadata)) => ("changed alike", differing(next, &metadata, &[])),
        // The crate enters the file before into the log, although nothing has changed.
        (Ok(Applied::Unchanged), Ok(metadata)) => ("left as it was", differing(base, &metadata, &["metadata-log"])),
    };
    let next = match ours {
        Ok(Applied::Changed(next)) => Some(next),
        Ok(Applied::Unchanged) | Err(_) => None,
    };
    if differences.is_empty() {
        return (vec![alike], next);
    }
    let reasons = differences.into_iter().map(|difference| reason(&Case { base, updates, difference }));
    (reasons.collect(), next)
}

fn reason(case: &Case<'_>) -> &'static str {
    match DIFFERENCES.iter().find(|known| (known.is)(case)) {
        Some(known) => known.reason,
        None => panic!("{}", case.tell()),
    }
}

/// The fields, but for `but`, in which our table is another than the crate's.
fn differing(ours: &TableMetadata, theirs: &Value, but: &[&str]) -> Vec<Difference> {
    let (ours, theirs) = (normal(&as_theirs(ours)), normal(theirs));
    let (ours, theirs) = (ours.as_object().unwrap(), theirs.as_object().unwrap());
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let keys = keys.into_iter().filter(|key| !but.contains(&key.as_str()) && ours.get(*key) != theirs.get(*key));
    keys.cloned().map(Field).collect()
}

fn ours(base: &TableMetadata, updates: &[Value]) -> Result<Applied, ApplyError> {
    let updates: Vec<Update> = updates.iter().map(|one| serde_json::from_str(&one.to_string()).unwrap()).collect();
    apply(Some(base), &updates, ApplyContext { now_ms: base.last_updated_ms(), previous_file: Some(FILE) })
}

/// Why the crate makes nothing.
enum Their {
    /// It does not know what this is.
    Unread,
    Refused(String),
}

fn theirs(base: &TableMetadata, updates: &[Value]) -> Result<Value, Their> {
    let refused = |error: iceberg::Error| Their::Refused(error.to_string());
    let base: iceberg::spec::TableMetadata = serde_json::from_slice(&base.to_bytes()).map_err(|_| Their::Unread)?;
    let mut builder = base.into_builder(Some(FILE.to_owned()));
    for update in updates {
        let update: iceberg::TableUpdate = serde_json::from_str(&update.to_string()).map_err(|_| Their::Unread)?;
        builder = update.apply(builder).map_err(refused)?;
    }
    Ok(serde_json::to_value(builder.build().map_err(refused)?.metadata).unwrap())
}

/// What the crate reads in our document.
fn as_theirs(metadata: &TableMetadata) -> Value {
    let read: iceberg::spec::TableMetadata = serde_json::from_slice(&metadata.to_bytes()).unwrap();
    serde_json::to_value(read).unwrap()
}

/// The crate keeps lists in no order, and takes its times from the clock.
fn normal(metadata: &Value) -> Value {
    let mut metadata = metadata.clone();
    for (list, id) in [
        ("schemas", "schema-id"),
        ("partition-specs", "spec-id"),
        ("sort-orders", "order-id"),
        ("snapshots", "snapshot-id"),
        ("statistics", "snapshot-id"),
        ("partition-statistics", "snapshot-id"),
        ("encryption-keys", "key-id"),
    ] {
        if let Some(list) = metadata.get_mut(list).and_then(Value::as_array_mut) {
            list.sort_by_key(|one| one[id].to_string());
        }
    }
    let fields = metadata.as_object_mut().unwrap();
    fields.remove("last-updated-ms");
    for log in ["snapshot-log", "metadata-log"] {
        for entry in fields.get_mut(log).and_then(Value::as_array_mut).into_iter().flatten() {
            entry.as_object_mut().unwrap().remove("timestamp-ms");
        }
    }
    metadata
}
