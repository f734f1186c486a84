//! What a commit costs as a table grows: read the document, append a snapshot, write the next; beside a plain copy of
//! the same bytes. `check` is the reading of a document from elsewhere, with all that is in it. By hand: `cargo bench -p iceberg-model`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark times itself and may fail")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use iceberg_model::{Applied, ApplyContext, TableMetadata, Update, apply};
use serde_json::{Value, json};

const NOW: i64 = 1_795_000_000_000;
const BASE: &str = include_str!("../tests/documents/spark-v2.metadata.json");

fn main() {
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "snapshots", "KiB", "copy", "check", "parse", "append", "write", "commit", "×copy"
    );
    for count in [10, 500, 5_000] {
        let document = Bytes::from(document(count));
        let update = append(count);
        let rounds = if count > 1_000 { 60 } else { 600 };
        let base = TableMetadata::parse_trusted(&document).unwrap();
        let copy = fastest(rounds, || document.to_vec());
        let check = fastest(rounds, || TableMetadata::parse(&document).unwrap());
        let parse = fastest(rounds, || TableMetadata::parse_trusted(&document).unwrap());
        let applied = fastest(rounds, || next(&base, &update));
        let written = next(&base, &update);
        let write = fastest(rounds, || written.to_bytes());
        let commit = fastest(rounds, || next(&TableMetadata::parse_trusted(&document).unwrap(), &update).to_bytes());
        println!(
            "{count:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7.2}",
            document.len() / 1024,
            micros(copy),
            micros(check),
            micros(parse),
            micros(applied),
            micros(write),
            micros(commit),
            commit.as_secs_f64() / copy.as_secs_f64()
        );
    }
}

fn next(base: &TableMetadata, update: &[Update]) -> TableMetadata {
    let context = ApplyContext { now_ms: NOW, previous_file: Some("s3://lake/t/metadata/1.metadata.json") };
    match apply(Some(base), update, context).unwrap() {
        Applied::Changed(next) => next,
        Applied::Unchanged => panic!("nothing changed"),
    }
}

/// A table that Spark appended to `count` times.
fn document(count: i64) -> Vec<u8> {
    let mut document: Value = serde_json::from_str(BASE).unwrap();
    document["snapshots"] = (1..=count).map(snapshot).collect::<Vec<_>>().into();
    document["snapshot-log"] = (1..=count)
        .map(|number| json!({"timestamp-ms": at(number), "snapshot-id": id(number)}))
        .collect::<Vec<_>>()
        .into();
    document["metadata-log"] = (1..=count.min(100))
        .map(|number| json!({"timestamp-ms": at(number), "metadata-file": format!("s3://lake/db/events/metadata/{number:05}-0123abcd-4567-89ab-cdef-0123456789ab.metadata.json")}))
        .collect::<Vec<_>>()
        .into();
    document["current-snapshot-id"] = id(count).into();
    document["refs"] = json!({"main": {"snapshot-id": id(count), "type": "branch"}});
    document["last-sequence-number"] = count.into();
    document["last-updated-ms"] = at(count).into();
    serde_json::to_vec(&document).unwrap()
}

fn append(count: i64) -> Vec<Update> {
    let number = count + 1;
    let add = json!({"action": "add-snapshot", "snapshot": snapshot(number)});
    let set = json!({"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": id(number)});
    [add, set].iter().map(|update| serde_json::from_str(&update.to_string()).unwrap()).collect()
}

/// As the Java library writes one, with the summary of a Spark append.
fn snapshot(number: i64) -> Value {
    let id = id(number);
    let mut snapshot = json!({
        "sequence-number": number, "snapshot-id": id, "timestamp-ms": at(number),
        "summary": {
            "operation": "append", "spark.app.id": "spark-application-1795000000000-0042",
            "added-data-files": "4", "added-records": (number * 977).to_string(), "added-files-size": (number * 88_123).to_string(),
            "changed-partition-count": "4", "total-records": (number * 97_700).to_string(),
            "total-files-size": (number * 8_812_300).to_string(), "total-data-files": (number * 4).to_string(),
            "total-delete-files": "0", "total-position-deletes": "0", "total-equality-deletes": "0",
            "engine-version": "4.1.0", "app-id": "spark-application-1795000000000-0042", "engine-name": "spark",
            "iceberg-version": "Apache Iceberg 1.11.0 (commit 0123456789abcdef0123456789abcdef01234567)",
        },
        "manifest-list": format!("s3://lake/db/events/metadata/snap-{id}-1-0123abcd-4567-89ab-cdef-0123456789ab.avro"),
        "schema-id": 1,
    });
    if number > 1 {
        snapshot["parent-snapshot-id"] = self::id(number - 1).into();
    }
    snapshot
}

/// Ids are random numbers of 63 bits; these are as long.
fn id(number: i64) -> i64 {
    (number.wrapping_mul(0x2545_F491_4F6C_DD1D) & i64::MAX) | (1 << 62)
}

fn at(number: i64) -> i64 {
    NOW - 10_000_000 + number
}

/// The fastest of all rounds: on a machine that others use, too, the rest measures them.
fn fastest<T>(rounds: usize, mut run: impl FnMut() -> T) -> Duration {
    let times = (0..rounds).map(|_| {
        let start = Instant::now();
        let made = black_box(run());
        let time = start.elapsed();
        drop(made);
        time
    });
    times.min().unwrap()
}

fn micros(time: Duration) -> String {
    format!("{:.1}µs", time.as_secs_f64() * 1e6)
}
