//! The updates of a commit as clients send them (REST spec, `TableUpdate`).

use bytes::Bytes;

use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::json::{Object, RawJson, ReadJson, deserialize_raw};
use crate::metadata::{EncryptionKey, StatisticsFile};
use crate::partition::PartitionSpec;
use crate::properties::Properties;
use crate::schema::Schema;
use crate::snapshot::{Snapshot, SnapshotRef};
use crate::sort::SortOrder;

/// One change of a table. `-1` as an id means "the last one added in this commit".
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Names a new table.
    AssignUuid(String),
    /// Moves to a later version of the format; on a new table, starts with it.
    UpgradeFormatVersion(i64),
    /// Adds a schema, or finds the same one.
    AddSchema(Schema),
    /// Makes a schema current.
    SetCurrentSchema(i32),
    /// Adds a partition spec, or finds the same one.
    AddSpec(PartitionSpec),
    /// Makes a spec the default.
    SetDefaultSpec(i32),
    /// Adds a sort order, or finds the same one.
    AddSortOrder(SortOrder),
    /// Makes an order the default.
    SetDefaultSortOrder(i32),
    /// Adds a snapshot; no ref names it yet.
    AddSnapshot(Snapshot),
    /// Makes or moves a branch or tag.
    SetSnapshotRef {
        /// The ref's name.
        name: String,
        /// What it becomes.
        reference: SnapshotRef,
    },
    /// Removes snapshots with their statistics and the refs that name them.
    RemoveSnapshots(Vec<i64>),
    /// Removes a branch or tag.
    RemoveSnapshotRef(String),
    /// Moves the table's root.
    SetLocation(String),
    /// Sets properties.
    SetProperties(Properties),
    /// Removes properties.
    RemoveProperties(Vec<String>),
    /// Sets a snapshot's statistics file.
    SetStatistics(StatisticsFile),
    /// Removes a snapshot's statistics files.
    RemoveStatistics(i64),
    /// Sets a snapshot's partition statistics file.
    SetPartitionStatistics(StatisticsFile),
    /// Removes a snapshot's partition statistics files.
    RemovePartitionStatistics(i64),
    /// Removes specs that nothing uses.
    RemovePartitionSpecs(Vec<i32>),
    /// Removes schemas that nothing uses.
    RemoveSchemas(Vec<i32>),
    /// Adds an encryption key, unless there is one of that id.
    AddEncryptionKey(EncryptionKey),
    /// Removes an encryption key.
    RemoveEncryptionKey(String),
}

impl ReadJson for Update {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "metadata update")?;
        let action: String = object.required("action")?;
        Ok(match action.to_ascii_lowercase().as_str() {
            "assign-uuid" => Self::AssignUuid(object.required("uuid")?),
            "upgrade-format-version" => Self::UpgradeFormatVersion(object.required("format-version")?),
            "add-schema" => Self::AddSchema(part(source, &mut object, "schema")?),
            "set-current-schema" => Self::SetCurrentSchema(object.required("schema-id")?),
            "add-spec" => Self::AddSpec(part(source, &mut object, "spec")?),
            "set-default-spec" => Self::SetDefaultSpec(object.required("spec-id")?),
            "add-sort-order" => Self::AddSortOrder(part(source, &mut object, "sort-order")?),
            "set-default-sort-order" => Self::SetDefaultSortOrder(object.required("sort-order-id")?),
            "add-snapshot" => {
                let snapshot: Snapshot = part(source, &mut object, "snapshot")?;
                Self::AddSnapshot(snapshot.without_nulls()?)
            }
            "set-snapshot-ref" => {
                Self::SetSnapshotRef { name: object.required("ref-name")?, reference: SnapshotRef::take(&mut object)? }
            }
            "remove-snapshots" => Self::RemoveSnapshots(object.required("snapshot-ids")?),
            "remove-snapshot-ref" => Self::RemoveSnapshotRef(object.required("ref-name")?),
            "set-location" => Self::SetLocation(object.required("location")?),
            "set-properties" => Self::SetProperties(either(&mut object, "updates", "updated")?),
            "remove-properties" => Self::RemoveProperties(either(&mut object, "removals", "removed")?),
            "set-statistics" => Self::SetStatistics(read_statistics(source, &mut object)?),
            "remove-statistics" => Self::RemoveStatistics(object.required("snapshot-id")?),
            "set-partition-statistics" => {
                let raw = object.required_raw("partition-statistics")?;
                Self::SetPartitionStatistics(read_partition_statistics(source, raw)?)
            }
            "remove-partition-statistics" => Self::RemovePartitionStatistics(object.required("snapshot-id")?),
            "remove-partition-specs" => Self::RemovePartitionSpecs(object.required("spec-ids")?),
            "remove-schemas" => Self::RemoveSchemas(object.required("schema-ids")?),
            "add-encryption-key" => {
                let key: EncryptionKey = part(source, &mut object, "encryption-key")?;
                key.check_encoding()?;
                Self::AddEncryptionKey(EncryptionKey { raw: key.raw.without_nulls("encryption key")?, ..key })
            }
            "remove-encryption-key" => Self::RemoveEncryptionKey(object.required("key-id")?),
            _ => return object.fail(format!("unknown action {action}")),
        })
    }
}

impl<'de> serde::Deserialize<'de> for Update {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_raw(deserializer)
    }
}

pub(crate) fn part<T: ReadJson>(source: &Bytes, object: &mut Object<'_>, key: &str) -> Result<T, ParseError> {
    T::read(source, object.required_raw(key)?.get())
}

/// Old clients use another key.
pub(crate) fn either<T: serde::de::DeserializeOwned>(
    object: &mut Object<'_>,
    key: &str,
    old_key: &str,
) -> Result<T, ParseError> {
    match object.optional(old_key)? {
        Some(value) => Ok(value),
        None => object.required(key),
    }
}

/// The entry with what every reader needs; `snapshot-id` beside it is a relic.
fn read_statistics(source: &Bytes, object: &mut Object<'_>) -> Result<StatisticsFile, ParseError> {
    let raw = object.required_raw("statistics")?;
    let mut file = Object::parse(source, raw.get(), "statistics file")?;
    file.required::<i64>("file-footer-size-in-bytes")?;
    file.array("blob-metadata")?;
    read_file(source, raw, file)
}

fn read_partition_statistics(source: &Bytes, raw: &RawValue) -> Result<StatisticsFile, ParseError> {
    read_file(source, raw, Object::parse(source, raw.get(), "partition statistics file")?)
}

fn read_file(source: &Bytes, raw: &RawValue, mut file: Object<'_>) -> Result<StatisticsFile, ParseError> {
    file.required::<String>("statistics-path")?;
    file.required::<i64>("file-size-in-bytes")?;
    let snapshot_id = file.required("snapshot-id")?;
    Ok(StatisticsFile { snapshot_id, raw: RawJson::part_of(source, raw).without_nulls("statistics file")? })
}

#[cfg(test)]
mod tests {
    use crate::Update;

    #[test]
    fn unknown_and_garbled_updates_are_named() {
        for (text, expected) in [
            (r#"{"action": "paint-it-blue"}"#, "unknown action paint-it-blue"),
            (r#"{"action": "enable-row-lineage"}"#, "unknown action enable-row-lineage"),
            (r#"{"updates": {}}"#, "field action is missing"),
            (r#"{"action": "set-properties"}"#, "field updates is missing"),
            (r#"{"action": "set-properties", "updates": {"a": 1}}"#, "field updates: invalid type"),
            (r#"{"action": "set-location", "location": null}"#, "field location is missing"),
            (r#"{"action": "add-schema", "schema": {"type": "list"}}"#, "type is list, not struct"),
            (
                r#"{"action": "add-spec", "spec": {"fields": [{"source-id": 1, "name": "a"}]}}"#,
                "field transform is missing",
            ),
            (
                r#"{"action": "add-snapshot", "snapshot": {"snapshot-id": 1.5}}"#,
                "field snapshot-id is missing or not a number",
            ),
            (
                r#"{"action": "set-snapshot-ref", "ref-name": "a", "snapshot-id": 1, "type": "twig"}"#,
                "type is twig, not branch or tag",
            ),
            (
                r#"{"action": "set-statistics", "statistics": {"snapshot-id": 1}}"#,
                "field file-footer-size-in-bytes is missing",
            ),
            (
                r#"{"action": "add-encryption-key", "encryption-key": {"key-id": "a"}}"#,
                "field encrypted-key-metadata is missing",
            ),
            (
                r#"{"action": "add-encryption-key", "encryption-key": {"key-id": "a", "encrypted-key-metadata": "A!=="}}"#,
                "field encrypted-key-metadata: it is not base64",
            ),
            (r#""add-schema""#, "expected an object"),
        ] {
            let message = serde_json::from_str::<Update>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message} does not say {expected}");
        }
    }

    #[test]
    fn null_members_are_not_written_into_the_table() {
        for (kind, action) in [
            (
                "snapshot",
                r#"{"action": "add-snapshot", "snapshot": {"snapshot-id": 1, "parent-snapshot-id": null,
                    "timestamp-ms": 1, "manifest-list": "null", "summary": null, "schema-id": null}}"#,
            ),
            (
                "statistics",
                r#"{"action": "set-partition-statistics", "partition-statistics": {"snapshot-id": 1,
                    "statistics-path": "null", "file-size-in-bytes": 1, "properties": null}}"#,
            ),
            (
                "key",
                r#"{"action": "add-encryption-key", "encryption-key": {"key-id": "null", "encrypted-key-metadata": "",
                    "encrypted-by-id": null, "properties": null}}"#,
            ),
        ] {
            let update: Update = serde_json::from_str(action).unwrap();
            let kept = match &update {
                Update::AddSnapshot(snapshot) => snapshot.json(),
                Update::SetPartitionStatistics(file) => file.raw.as_str(),
                Update::AddEncryptionKey(key) => key.raw.as_str(),
                other => panic!("{other:?}"),
            };
            let kept: serde_json::Value = serde_json::from_str(kept).unwrap();
            assert!(kept.as_object().unwrap().values().all(|value| !value.is_null()), "{kind}: {kept}");
            assert!(kept.as_object().unwrap().values().any(|value| value == "null"), "{kind}: {kept}");
        }
    }

    #[test]
    fn old_clients_keys_are_understood() {
        let set: Update = serde_json::from_str(r#"{"action": "set-properties", "updated": {"a": "b"}}"#).unwrap();
        assert_eq!(set, Update::SetProperties([("a".to_owned(), "b".to_owned())].into()));
        let remove: Update = serde_json::from_str(r#"{"action": "remove-properties", "removed": ["a"]}"#).unwrap();
        assert_eq!(remove, Update::RemoveProperties(vec!["a".to_owned()]));
    }
}
