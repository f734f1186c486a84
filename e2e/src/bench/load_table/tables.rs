//! Tables with more and fewer snapshots.

use serde_json::{Value, json};

use crate::chance;
use crate::failure::Outcome;
use crate::hosts::lake::Lake;

const NAMESPACE: &str = "loaded";
const SNAPSHOTS: [usize; 4] = [1, 10, 500, 5_000];

/// Makes them all, each by one commit.
pub(super) async fn make(lake: &Lake) -> Outcome {
    lake.rest.create_namespace(&lake.prefix, NAMESPACE).await?;
    for count in SNAPSHOTS {
        let made = lake.rest.create_table(&lake.prefix, NAMESPACE, &name(count)).await?;
        lake.rest.post(&path(lake, count), &commit(&made["metadata"], count)).await?;
    }
    Ok(())
}

/// Where the table with so many snapshots is loaded.
pub(super) fn path(lake: &Lake, snapshots: usize) -> String {
    format!("{}/namespaces/{NAMESPACE}/tables/{}", lake.prefix, name(snapshots))
}

fn name(snapshots: usize) -> String {
    format!("t{snapshots}")
}

fn commit(metadata: &Value, count: usize) -> Value {
    let (location, now) = (metadata["location"].as_str().unwrap_or_default(), chance::now_ms());
    let mut updates: Vec<Value> = (1..=count).map(|number| add(location, number, now)).collect();
    updates.push(json!({"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": count}));
    json!({"requirements": [], "updates": updates})
}

/// A snapshot as long as an engine writes it.
fn add(location: &str, number: usize, now: u64) -> Value {
    let mut snapshot = json!({
        "snapshot-id": number,
        "sequence-number": number,
        "timestamp-ms": now,
        "manifest-list": format!("{location}/metadata/snap-{number}-1-7f1c2a34-5b6d-4e8f-9a0b-1c2d3e4f5a6b.avro"),
        "summary": {
            "operation": "append",
            "spark.app.id": "local-1764380000000",
            "added-data-files": "4",
            "added-records": "100000",
            "added-files-size": "12345678",
            "changed-partition-count": "1",
            "total-records": (number * 100_000).to_string(),
            "total-files-size": (number * 12_345_678).to_string(),
            "total-data-files": (number * 4).to_string(),
            "total-delete-files": "0",
            "total-position-deletes": "0",
            "total-equality-deletes": "0",
        },
        "schema-id": 0,
    });
    if number > 1 {
        snapshot["parent-snapshot-id"] = json!(number - 1);
    }
    json!({"action": "add-snapshot", "snapshot": snapshot})
}
