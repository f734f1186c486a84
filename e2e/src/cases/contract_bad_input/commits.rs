//! Commits of a table.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Bad, bytes, post};
use crate::iceberg::append;

const BAD: &str = "BadRequestException";
const INVALID: &str = "ValidationException";
const FAILED: &str = "CommitFailedException";

pub(super) fn table(prefix: &str, root: &str, loaded: &Value) -> Vec<Bad> {
    let path = format!("{prefix}/namespaces/n/tables/t");
    let mut all = shapes(prefix, &path);
    all.extend(requirements(&path));
    all.extend(updates(&path, root));
    all.extend(snapshots(&path, loaded));
    all
}

fn shapes(prefix: &str, path: &str) -> Vec<Bad> {
    let post_to = |what, path: &str, body: Value, status, kind| post(what, path.to_owned(), &body, status, kind);
    vec![
        bytes("a commit that breaks off", path.to_owned(), r#"{"updates": [{"action": "#, 400, BAD),
        post_to("updates that are an object", path, json!({"updates": {}}), 400, BAD),
        post_to("an update without an action", path, json!({"updates": [{}]}), 400, BAD),
        post_to("an unknown update", path, json!({"updates": [{"action": "fly"}]}), 400, BAD).saying("fly"),
        post_to(
            "an unknown requirement",
            path,
            json!({"requirements": [{"type": "assert-weather"}], "updates": []}),
            400,
            BAD,
        )
        .saying("assert-weather"),
        post_to(
            "a property that is a number",
            path,
            json!({"updates": [{"action": "set-properties", "updates": {"a": 1}}]}),
            400,
            BAD,
        ),
        post_to(
            "an update without what it needs",
            path,
            json!({"updates": [{"action": "set-current-schema"}]}),
            400,
            BAD,
        ),
        post_to(
            "a number where none fits",
            path,
            json!({"updates": [{"action": "set-current-schema", "schema-id": 1.5}]}),
            400,
            BAD,
        ),
        bytes(
            "a number without end",
            path.to_owned(),
            r#"{"updates": [{"action": "set-current-schema", "schema-id": 1e999}]}"#,
            400,
            BAD,
        ),
        post_to(
            "a commit to a table that is not there",
            &format!("{prefix}/namespaces/n/tables/missing"),
            harmless(),
            404,
            "NoSuchTableException",
        ),
    ]
}

fn harmless() -> Value {
    json!({"updates": [{"action": "set-properties", "updates": {"a": "b"}}]})
}

/// Each in front of an update that would change the table.
fn requirements(path: &str) -> Vec<Bad> {
    let with = |what, requirement: Value, says| {
        let mut body = harmless();
        body["requirements"] = json!([requirement]);
        post(what, path.to_owned(), &body, 409, FAILED).saying(says)
    };
    vec![
        with(
            "a table that is there, asserted not to be",
            json!({"type": "assert-create"}),
            "Requirement failed: table already exists",
        ),
        with(
            "another table's uuid",
            json!({"type": "assert-table-uuid", "uuid": Uuid::nil()}),
            "Requirement failed: UUID does not match",
        ),
        with(
            "a branch elsewhere",
            json!({"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 1}),
            "Requirement failed: branch main has changed",
        ),
        with(
            "a branch that is there, asserted not to be",
            json!({"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": null}),
            "Requirement failed: branch main was created concurrently",
        ),
        with(
            "a branch that is not there",
            json!({"type": "assert-ref-snapshot-id", "ref": "dev", "snapshot-id": 1}),
            "Requirement failed: branch or tag dev is missing",
        ),
        with(
            "another schema",
            json!({"type": "assert-current-schema-id", "current-schema-id": 7}),
            "Requirement failed: current schema changed",
        ),
        with(
            "another last column",
            json!({"type": "assert-last-assigned-field-id", "last-assigned-field-id": 7}),
            "Requirement failed: last assigned field id changed",
        ),
        with(
            "another spec",
            json!({"type": "assert-default-spec-id", "default-spec-id": 7}),
            "Requirement failed: default partition spec changed",
        ),
        with(
            "another last partition field",
            json!({"type": "assert-last-assigned-partition-id", "last-assigned-partition-id": 7}),
            "Requirement failed: last assigned partition id changed",
        ),
        with(
            "another order",
            json!({"type": "assert-default-sort-order-id", "default-sort-order-id": 7}),
            "Requirement failed: default sort order changed",
        ),
    ]
}

/// Each after an update that would change the table: nothing of it may stay.
fn updates(path: &str, root: &str) -> Vec<Bad> {
    let with = |what, update: Value| {
        let harmless = harmless()["updates"][0].clone();
        post(what, path.to_owned(), &json!({"updates": [harmless, update]}), 400, INVALID)
    };
    let property =
        |what, key: &str, value: &str| with(what, json!({"action": "set-properties", "updates": {key: value}}));
    vec![
        with("a schema that is not there", json!({"action": "set-current-schema", "schema-id": 9})),
        with("the last added schema, without one", json!({"action": "set-current-schema", "schema-id": -1})),
        with("a spec that is not there", json!({"action": "set-default-spec", "spec-id": 9})),
        with("an order that is not there", json!({"action": "set-default-sort-order", "sort-order-id": 9})),
        with(
            "a branch to a snapshot that is not there",
            json!({"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": 1}),
        ),
        with("a step back to format 1", json!({"action": "upgrade-format-version", "format-version": 1})),
        with(
            "a step to format 4, which is not adopted yet",
            json!({"action": "upgrade-format-version", "format-version": 4}),
        ),
        with("another uuid", json!({"action": "assign-uuid", "uuid": Uuid::nil()})),
        with("a location outside", json!({"action": "set-location", "location": "file:///etc"})),
        with(
            "a location that climbs out",
            json!({"action": "set-location", "location": format!("file://{root}/n/../../outside")}),
        ),
        property("metadata outside", "write.metadata.path", "file:///etc"),
        property("data outside", "write.data.path", "file:///etc"),
        property("a secret", "s3.secret-access-key", "x"),
    ]
}

fn snapshots(path: &str, loaded: &Value) -> Vec<Bad> {
    let changed = |what, key: &str, value: Value, status, kind| {
        let mut body = append::commit(loaded, Uuid::from_u128(5 << 70));
        body["updates"][0]["snapshot"][key] = value;
        post(what, path.to_owned(), &body, status, kind)
    };
    vec![
        changed("a snapshot id that is a string", "snapshot-id", json!("x"), 400, BAD),
        changed("a snapshot without a time", "timestamp-ms", Value::Null, 400, INVALID),
        // Retryable, as in Java's RetryableValidationException: the writer refreshes and tries again.
        changed("a sequence number that is used up", "sequence-number", json!(1), 409, FAILED),
    ]
}
