//! `assign-uuid` and `upgrade-format-version`.

use uuid::Uuid;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::long_list::LongList;
use crate::metadata::{DEFAULT_VERSION, LATEST_VERSION, ROW_LINEAGE_VERSION};
use crate::snapshot::Snapshot;
use crate::update::Update;

/// The version that a new table starts with: what the first upgrade says.
pub(super) fn first_version(updates: &[Update]) -> Result<u8, ApplyError> {
    let asked = updates.iter().find_map(|update| match update {
        Update::UpgradeFormatVersion(version) => Some(*version),
        _ => None,
    });
    asked.map_or(Ok(DEFAULT_VERSION), new_table_version)
}

/// `version` as that of a new table.
pub(crate) fn new_table_version(version: i64) -> Result<u8, ApplyError> {
    match u8::try_from(version) {
        Ok(version @ 1..=LATEST_VERSION) => Ok(version),
        _ => invalid(format!("Unsupported format version: v{version} (supported: v{LATEST_VERSION})")),
    }
}

impl Draft<'_> {
    /// A table keeps its uuid for life (the reference implementation would let it change; the spec calls that unsafe).
    pub(super) fn assign_uuid(&mut self, text: &str) -> Result<(), ApplyError> {
        let Ok(uuid) = text.parse::<Uuid>() else {
            return invalid(format!("Cannot set uuid to {text}: not a UUID"));
        };
        match self.metadata.uuid {
            Some(current) if current == uuid => Ok(()),
            Some(current) => invalid(format!("Cannot reassign uuid: {current} to {uuid}")),
            None => {
                self.metadata.uuid = Some(uuid);
                self.changed = true;
                Ok(())
            }
        }
    }

    pub(super) fn upgrade_format_version(&mut self, version: i64) -> Result<(), ApplyError> {
        let current = self.metadata.format_version;
        if version == i64::from(current) {
            return Ok(());
        }
        if version < i64::from(current) {
            return invalid(format!("Cannot downgrade v{current} table to v{version}"));
        }
        let target = match u8::try_from(version) {
            Ok(target @ 1..=LATEST_VERSION) => target,
            _ => {
                return invalid(format!(
                    "Cannot upgrade table to unsupported format version: v{version} (supported: v{LATEST_VERSION})"
                ));
            }
        };
        if current == 1 {
            let snapshots = self.metadata.snapshots.all()?.iter().map(Snapshot::with_sequence_number);
            self.metadata.snapshots = LongList::of(snapshots.collect::<Result<_, _>>()?);
        }
        if target >= ROW_LINEAGE_VERSION {
            self.metadata.next_row_id.get_or_insert(0);
        }
        self.metadata.format_version = target;
        self.changed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::TableMetadata;
    use crate::fixture::{changed, is_unchanged, read, refused, table, table_with_snapshots, v1_table, v3_table};

    #[test]
    fn v1_becomes_v2_and_its_snapshots_get_numbers() {
        let snapshot = json!({"snapshot-id": 5, "timestamp-ms": crate::fixture::NOW, "sequence-number": 0,
            "manifest-list": "s3://lake/l.avro", "summary": {"operation": "append"}});
        let v1 = changed(&v1_table(), &[json!({"action": "add-snapshot", "snapshot": snapshot})]);
        assert!(!v1.snapshots().unwrap()[0].json().contains("sequence-number"));
        let v2 = changed(&v1, &[json!({"action": "upgrade-format-version", "format-version": 2})]);
        assert_eq!(v2.format_version(), 2);
        assert_eq!(v2.last_sequence_number(), 0);
        assert_eq!(v2.snapshots().unwrap()[0].head().unwrap().sequence_number, 0);
        assert!(v2.snapshots().unwrap()[0].json().contains("\"sequence-number\":0"));
    }

    #[test]
    fn v3_begins_to_number_rows() {
        let upgrade = [json!({"action": "upgrade-format-version", "format-version": 3})];
        assert_eq!((table().next_row_id(), v3_table().next_row_id()), (None, Some(0)));
        for base in [v1_table(), table_with_snapshots()] {
            let v3 = changed(&base, &upgrade);
            assert_eq!((v3.format_version(), v3.next_row_id()), (3, Some(0)));
        }
    }

    #[test]
    fn only_upgrades_are_done() {
        let upgrade = |version: i64| [json!({"action": "upgrade-format-version", "format-version": version})];
        assert!(is_unchanged(&table(), &upgrade(2)));
        assert_eq!(refused(&table(), &upgrade(1)), "Cannot downgrade v2 table to v1");
        assert_eq!(refused(&v3_table(), &upgrade(2)), "Cannot downgrade v3 table to v2");
        assert_eq!(refused(&table(), &upgrade(0)), "Cannot downgrade v2 table to v0");
        assert_eq!(refused(&table(), &upgrade(-1)), "Cannot downgrade v2 table to v-1");
        for version in [4, 258, i64::MAX] {
            let expected = format!("Cannot upgrade table to unsupported format version: v{version} (supported: v3)");
            assert_eq!(refused(&table(), &upgrade(version)), expected);
        }
    }

    #[test]
    fn format_version_as_a_property_upgrades_and_is_not_stored() {
        let set = [json!({"action": "set-properties", "updates": {"format-version": "2", "snapshot-count": "9"}})];
        let upgraded = changed(&v1_table(), &set);
        assert_eq!(upgraded.format_version(), 2);
        assert_eq!(upgraded.property("format-version"), None);
        assert_eq!(upgraded.property("snapshot-count"), None);
        assert!(is_unchanged(&table(), &set));
    }

    #[test]
    fn a_table_keeps_its_uuid() {
        let assign = |uuid: &str| [json!({"action": "assign-uuid", "uuid": uuid})];
        let own = "00000000-0000-0000-0000-000000000007";
        assert!(is_unchanged(&table(), &assign(own)));
        assert_eq!(
            refused(&table(), &assign("00000000-0000-0000-0000-000000000008")),
            format!("Cannot reassign uuid: {own} to 00000000-0000-0000-0000-000000000008")
        );
        assert_eq!(refused(&table(), &assign("x")), "Cannot set uuid to x: not a UUID");
    }

    #[test]
    fn an_old_table_without_a_uuid_needs_one_for_v2() {
        let mut document: serde_json::Value = serde_json::from_slice(&v1_table().to_bytes()).unwrap();
        document.as_object_mut().unwrap().remove("table-uuid");
        let old = TableMetadata::parse(document.to_string().as_bytes()).unwrap();
        let upgrade = json!({"action": "upgrade-format-version", "format-version": 2});
        assert_eq!(refused(&old, std::slice::from_ref(&upgrade)), "UUID is required in format v2");
        let assign = json!({"action": "assign-uuid", "uuid": "00000000-0000-0000-0000-000000000009"});
        assert_eq!(
            changed(&old, &[assign, upgrade]).uuid(),
            Some(read(&json!("00000000-0000-0000-0000-000000000009")))
        );
    }
}
