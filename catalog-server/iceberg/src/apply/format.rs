//! `assign-uuid` and `upgrade-format-version`.

use uuid::Uuid;

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::metadata::{DEFAULT_VERSION, LATEST_READABLE_VERSION, LATEST_WRITABLE_VERSION};
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
        Ok(version @ 1..=LATEST_WRITABLE_VERSION) => Ok(version),
        Ok(version @ 1..=LATEST_READABLE_VERSION) => {
            Err(ApplyError::Unsupported(format!("Cannot create a table in format version v{version} yet")))
        }
        _ => invalid(format!("Unsupported format version: v{version} (supported: v{LATEST_WRITABLE_VERSION})")),
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
        let target = match u8::try_from(version) {
            Ok(target) if target == current => return Ok(()),
            Ok(target @ 1..=LATEST_READABLE_VERSION) => target,
            _ => {
                return invalid(format!(
                    "Cannot upgrade table to unsupported format version: v{version} (supported: v{LATEST_WRITABLE_VERSION})"
                ));
            }
        };
        if target < current {
            return invalid(format!("Cannot downgrade v{current} table to v{target}"));
        }
        if target > LATEST_WRITABLE_VERSION {
            return Err(ApplyError::Unsupported(format!("Cannot upgrade a table to format version v{target} yet")));
        }
        if current == 1 {
            let snapshots = self.metadata.snapshots.iter().map(Snapshot::with_sequence_number);
            self.metadata.snapshots = snapshots.collect::<Result<_, _>>()?;
        }
        self.metadata.format_version = target;
        self.changed = true;
        Ok(())
    }
}
