//! The commit that an engine's append sends: a snapshot, and `main` moved to it if nobody moved it before.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::chance;

/// The summary's key that carries the id of the attempt, as Flink's and Spark's writers do with theirs.
pub(crate) const ATTEMPT: &str = "e2e.attempt";

/// The body of the commit, built on a loaded table. `attempt` is what the writer looks for when it reads back.
pub(crate) fn commit(loaded: &Value, attempt: Uuid) -> Value {
    let metadata = &loaded["metadata"];
    let parent = current_snapshot(metadata);
    let id = i64::try_from(attempt.as_u128() >> 65).unwrap_or(i64::MAX);
    let location = metadata["location"].as_str().unwrap_or_default();
    let sequence = metadata["last-sequence-number"].as_i64().unwrap_or_default() + 1;
    let timestamp = chance::now_ms().max(metadata["last-updated-ms"].as_u64().unwrap_or_default());
    let mut snapshot = json!({
        "snapshot-id": id,
        "sequence-number": sequence,
        "timestamp-ms": timestamp,
        "manifest-list": format!("{location}/metadata/snap-{id}-{attempt}.avro"),
        "summary": {"operation": "append", ATTEMPT: attempt.to_string()},
        "schema-id": metadata["current-schema-id"],
    });
    if let Some(parent) = parent {
        snapshot["parent-snapshot-id"] = parent.into();
    }
    json!({
        "requirements": [
            {"type": "assert-table-uuid", "uuid": metadata["table-uuid"]},
            {"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": parent},
        ],
        "updates": [
            {"action": "add-snapshot", "snapshot": snapshot},
            {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": id},
        ],
    })
}

/// `current-snapshot-id`; Java writes -1 for "none".
fn current_snapshot(metadata: &Value) -> Option<i64> {
    metadata["current-snapshot-id"].as_i64().filter(|id| *id >= 0)
}

/// The attempts that a table's metadata holds, oldest first.
pub(crate) fn attempts(metadata: &Value) -> Vec<Uuid> {
    let snapshots = metadata["snapshots"].as_array().map(Vec::as_slice).unwrap_or_default();
    snapshots.iter().filter_map(|snapshot| snapshot["summary"][ATTEMPT].as_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_append_expects_that_main_is_not_there() {
        let body = commit(
            &json!({"metadata": {"location": "file:///t", "current-snapshot-id": -1}}),
            Uuid::from_u128(9 << 65),
        );
        assert_eq!(body["requirements"][1]["snapshot-id"], Value::Null);
        assert_eq!(body["updates"][0]["snapshot"]["sequence-number"], 1);
        assert!(body["updates"][0]["snapshot"].get("parent-snapshot-id").is_none());
    }

    #[test]
    fn an_attempt_is_found_again_in_the_metadata() {
        let attempt = Uuid::from_u128(7 << 70);
        let body = commit(&json!({"metadata": {"location": "file:///t"}}), attempt);
        let metadata = json!({"snapshots": [body["updates"][0]["snapshot"], {"summary": {"operation": "delete"}}]});
        assert_eq!(attempts(&metadata), [attempt]);
    }
}
