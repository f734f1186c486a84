//! What a commit asks of the table before it is applied (REST spec, `TableRequirement`).

use bytes::Bytes;

use crate::error::{ParseError, RequirementFailed};
use crate::json::{Object, ReadJson, deserialize_raw};
use crate::metadata::TableMetadata;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// The table does not exist.
    Create,
    /// The table is this one; the text as the client wrote it.
    TableUuid(String),
    /// A branch or tag names this snapshot; `None`: it does not exist.
    RefSnapshotId {
        /// The ref's name.
        name: String,
        /// What it names.
        snapshot_id: Option<i64>,
    },
    /// No column was added.
    LastAssignedFieldId(i32),
    /// The current schema is this one.
    CurrentSchemaId(i32),
    /// No partition field was added.
    LastAssignedPartitionId(i32),
    /// The default spec is this one.
    DefaultSpecId(i32),
    /// The default order is this one.
    DefaultSortOrderId(i32),
}

/// Checks all requirements in their order against the current metadata; `base` is `None` if there is no table.
///
/// # Errors
/// The first requirement that is not met.
pub fn check(requirements: &[Requirement], base: Option<&TableMetadata>) -> Result<(), RequirementFailed> {
    requirements.iter().try_for_each(|requirement| match base {
        Some(base) => requirement.check(base),
        None => requirement.check_absent(),
    })
}

impl Requirement {
    fn check(&self, base: &TableMetadata) -> Result<(), RequirementFailed> {
        match self {
            Self::Create => fail("table already exists".to_owned()),
            Self::TableUuid(uuid) => {
                let actual = base.uuid.map(|uuid| uuid.to_string()).unwrap_or_else(|| "null".to_owned());
                if actual.eq_ignore_ascii_case(uuid) {
                    return Ok(());
                }
                fail(format!("UUID does not match: expected {actual} != {uuid}"))
            }
            Self::RefSnapshotId { name, snapshot_id } => check_ref(name, *snapshot_id, base),
            Self::LastAssignedFieldId(id) => same("last assigned field id", *id, base.last_column_id),
            Self::CurrentSchemaId(id) => same("current schema", *id, base.current_schema_id),
            Self::LastAssignedPartitionId(id) => same("last assigned partition id", *id, base.last_partition_id),
            Self::DefaultSpecId(id) => same("default partition spec", *id, base.default_spec_id),
            Self::DefaultSortOrderId(id) => same("default sort order", *id, base.default_sort_order_id),
        }
    }

    /// Without a table, only what asks for no state can hold.
    fn check_absent(&self) -> Result<(), RequirementFailed> {
        match self {
            Self::Create | Self::LastAssignedFieldId(_) | Self::LastAssignedPartitionId(_) => Ok(()),
            Self::RefSnapshotId { snapshot_id: None, .. } => Ok(()),
            Self::RefSnapshotId { name, snapshot_id: Some(id) } => missing_ref(name, *id),
            Self::TableUuid(_) | Self::CurrentSchemaId(_) | Self::DefaultSpecId(_) | Self::DefaultSortOrderId(_) => {
                fail("table does not exist".to_owned())
            }
        }
    }
}

fn check_ref(name: &str, expected: Option<i64>, base: &TableMetadata) -> Result<(), RequirementFailed> {
    match (base.reference(name), expected) {
        (None, None) => Ok(()),
        (None, Some(expected)) => missing_ref(name, expected),
        (Some(found), None) => fail(format!("{} {name} was created concurrently", found.kind.as_str())),
        (Some(found), Some(expected)) if found.snapshot_id == expected => Ok(()),
        (Some(found), Some(expected)) => {
            let kind = found.kind.as_str();
            fail(format!("{kind} {name} has changed: expected id {expected} != {}", found.snapshot_id))
        }
    }
}

fn missing_ref(name: &str, expected: i64) -> Result<(), RequirementFailed> {
    fail(format!("branch or tag {name} is missing, expected {expected}"))
}

fn same(what: &str, expected: i32, actual: i32) -> Result<(), RequirementFailed> {
    if expected == actual {
        return Ok(());
    }
    fail(format!("{what} changed: expected id {expected} != {actual}"))
}

fn fail(reason: String) -> Result<(), RequirementFailed> {
    Err(RequirementFailed(reason))
}

impl ReadJson for Requirement {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "update requirement")?;
        let kind: String = object.required("type")?;
        Ok(match kind.to_ascii_lowercase().as_str() {
            "assert-create" => Self::Create,
            "assert-table-uuid" => Self::TableUuid(object.required("uuid")?),
            "assert-ref-snapshot-id" => {
                Self::RefSnapshotId { name: object.required("ref")?, snapshot_id: object.optional("snapshot-id")? }
            }
            "assert-last-assigned-field-id" => Self::LastAssignedFieldId(object.required("last-assigned-field-id")?),
            "assert-current-schema-id" => Self::CurrentSchemaId(object.required("current-schema-id")?),
            "assert-last-assigned-partition-id" => {
                Self::LastAssignedPartitionId(object.required("last-assigned-partition-id")?)
            }
            "assert-default-spec-id" => Self::DefaultSpecId(object.required("default-spec-id")?),
            "assert-default-sort-order-id" => Self::DefaultSortOrderId(object.required("default-sort-order-id")?),
            _ => return object.fail(format!("unknown type {kind}")),
        })
    }
}

impl<'de> serde::Deserialize<'de> for Requirement {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_raw(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{append, changed, read, table, table_with_snapshots};
    use crate::{Requirement, TableMetadata, check};

    fn message(requirement: &Value, base: Option<&TableMetadata>) -> Option<String> {
        check(&[read(requirement)], base).err().map(|failed| failed.to_string())
    }

    #[test]
    fn what_holds_passes() {
        let base = table_with_snapshots();
        for requirement in [
            json!({"type": "assert-table-uuid", "uuid": "00000000-0000-0000-0000-000000000007"}),
            json!({"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 3}),
            json!({"type": "assert-ref-snapshot-id", "ref": "other", "snapshot-id": null}),
            json!({"type": "assert-ref-snapshot-id", "ref": "other"}),
            json!({"type": "assert-last-assigned-field-id", "last-assigned-field-id": 7}),
            json!({"type": "assert-current-schema-id", "current-schema-id": 0}),
            json!({"type": "assert-last-assigned-partition-id", "last-assigned-partition-id": 999}),
            json!({"type": "assert-default-spec-id", "default-spec-id": 0}),
            json!({"type": "assert-default-sort-order-id", "default-sort-order-id": 0}),
        ] {
            assert_eq!(message(&requirement, Some(&base)), None, "{requirement}");
        }
    }

    #[test]
    fn a_uuid_is_the_same_in_capitals() {
        let base = TableMetadata::parse(include_bytes!("../tests/documents/spark-v2.metadata.json")).unwrap();
        let uuid = base.uuid().unwrap().to_string().to_uppercase();
        assert_eq!(message(&json!({"type": "assert-table-uuid", "uuid": uuid}), Some(&base)), None);
    }

    #[test]
    fn what_does_not_hold_fails_with_the_reference_implementations_words() {
        let mut updates = append(4);
        updates.push(json!({"action": "set-snapshot-ref", "ref-name": "t", "type": "tag", "snapshot-id": 1}));
        let base = changed(&table_with_snapshots(), &updates);
        let uuid = "00000000-0000-0000-0000-000000000007";
        for (requirement, expected) in [
            (json!({"type": "assert-create"}), "table already exists".to_owned()),
            (json!({"type": "assert-table-uuid", "uuid": "AB"}), format!("UUID does not match: expected {uuid} != AB")),
            (
                json!({"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 3}),
                "branch main has changed: expected id 3 != 4".to_owned(),
            ),
            (
                json!({"type": "assert-ref-snapshot-id", "ref": "t", "snapshot-id": null}),
                "tag t was created concurrently".to_owned(),
            ),
            (
                json!({"type": "assert-ref-snapshot-id", "ref": "gone", "snapshot-id": 3}),
                "branch or tag gone is missing, expected 3".to_owned(),
            ),
            (
                json!({"type": "assert-last-assigned-field-id", "last-assigned-field-id": 6}),
                "last assigned field id changed: expected id 6 != 7".to_owned(),
            ),
            (
                json!({"type": "assert-current-schema-id", "current-schema-id": 1}),
                "current schema changed: expected id 1 != 0".to_owned(),
            ),
            (
                json!({"type": "assert-last-assigned-partition-id", "last-assigned-partition-id": 1000}),
                "last assigned partition id changed: expected id 1000 != 999".to_owned(),
            ),
            (
                json!({"type": "assert-default-spec-id", "default-spec-id": 1}),
                "default partition spec changed: expected id 1 != 0".to_owned(),
            ),
            (
                json!({"type": "assert-default-sort-order-id", "default-sort-order-id": 1}),
                "default sort order changed: expected id 1 != 0".to_owned(),
            ),
        ] {
            assert_eq!(message(&requirement, Some(&base)), Some(format!("Requirement failed: {expected}")));
        }
    }

    #[test]
    fn without_a_table_only_what_asks_for_no_state_holds() {
        assert_eq!(message(&json!({"type": "assert-create"}), None), None);
        let field = json!({"type": "assert-last-assigned-field-id", "last-assigned-field-id": 9});
        assert_eq!(message(&field, None), None);
        let uuid = json!({"type": "assert-table-uuid", "uuid": "AB"});
        assert_eq!(message(&uuid, None).as_deref(), Some("Requirement failed: table does not exist"));
    }

    #[test]
    fn the_first_requirement_that_fails_is_the_one_that_is_named() {
        let requirements: Vec<Requirement> =
            read(&json!([{"type": "assert-current-schema-id", "current-schema-id": 0}, {"type": "assert-create"}]));
        let failed = check(&requirements, Some(&table())).unwrap_err();
        assert_eq!(failed.to_string(), "Requirement failed: table already exists");
    }

    #[test]
    fn unknown_and_garbled_requirements_are_named() {
        for (text, expected) in [
            (r#"{"type": "assert-moon-phase"}"#, "unknown type assert-moon-phase"),
            (r#"{"uuid": "x"}"#, "field type is missing"),
            (r#"{"type": "assert-table-uuid"}"#, "field uuid is missing"),
            (
                r#"{"type": "assert-current-schema-id", "current-schema-id": "0"}"#,
                "field current-schema-id: invalid type",
            ),
            (r#"{"type": "assert-create", "type": "assert-create"}"#, "field type appears twice"),
            (r#"["assert-create"]"#, "expected an object"),
        ] {
            let message = serde_json::from_str::<Requirement>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message} does not say {expected}");
        }
    }
}
