//! The table that is committed to.

use serde_json::{Value, json};

/// When the commit is made, in milliseconds since 1970.
pub(crate) const NOW: i64 = 1_795_000_000_000;
/// The metadata file that it follows.
pub(crate) const FILE: &str = "s3://lake/t/metadata/1.metadata.json";
const BASE: &str = include_str!("../../tests/documents/spark-v2.metadata.json");

/// A table that Spark appended to `count` times.
pub(crate) fn document(count: i64) -> Vec<u8> {
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

/// One more append, as the updates of a commit.
pub(crate) fn append(count: i64) -> [Value; 2] {
    let number = count + 1;
    let add = json!({"action": "add-snapshot", "snapshot": snapshot(number)});
    let set = json!({"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": id(number)});
    [add, set]
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
