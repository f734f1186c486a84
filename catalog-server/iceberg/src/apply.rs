//! Updates make the next metadata out of the current one.
//!
//! [`Draft`] carries the state of one commit; a file under `apply/` for each group of updates says what they do to it.

use crate::error::{ApplyError, invalid};
use crate::limits;
use crate::metadata::TableMetadata;
use crate::update::Update;

mod encryption;
mod finish;
mod format;
mod logs;
mod orders;
mod place;
mod refs;
mod schemas;
mod snapshots;
mod specs;
mod statistics;
mod times;

pub(crate) use format::new_table_version;
pub(crate) use place::relocate;

/// From here on it pays to split the snapshots once instead of looking through their text for each update.
const MANY_UPDATES: usize = 8;

/// What a commit needs beside the table and the updates.
#[derive(Debug, Clone, Copy)]
pub struct ApplyContext<'a> {
    /// The server's clock, milliseconds since 1970.
    pub now_ms: i64,
    /// Where the current metadata lies; it enters the metadata log.
    pub previous_file: Option<&'a str>,
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made once a commit and taken apart at once")]
pub enum Applied {
    /// Nothing to write: the table is already as the updates want it.
    Unchanged,
    /// The next metadata.
    Changed(TableMetadata),
}

/// Applies `updates` in their order to `base`, or, without one, to nothing: the first commit of a staged table, whose
/// updates carry everything from `assign-uuid` to `set-location`.
///
/// # Errors
/// [`ApplyError::Conflict`] for values that a concurrent commit made stale, [`ApplyError::Invalid`] for whatever
/// stays wrong, [`ApplyError::Unsupported`] for what this version does not serve yet.
pub fn apply(
    base: Option<&TableMetadata>,
    updates: &[Update],
    context: ApplyContext<'_>,
) -> Result<Applied, ApplyError> {
    limits::check_updates(updates.len(), layout_updates(updates))?;
    let start = match base {
        Some(base) => base.clone(),
        None => TableMetadata::empty(format::first_version(updates)?),
    };
    let mut draft = Draft::new(base, start, context);
    if updates.len() > MANY_UPDATES {
        draft.metadata.snapshots.all()?;
    }
    updates.iter().try_for_each(|update| draft.apply(update))?;
    draft.finish()
}

/// How many of `updates` are compared with all schemas, specs or orders.
fn layout_updates(updates: &[Update]) -> usize {
    let layout =
        |update: &&Update| matches!(update, Update::AddSchema(_) | Update::AddSpec(_) | Update::AddSortOrder(_));
    updates.iter().filter(layout).count()
}

/// A commit in the making.
struct Draft<'a> {
    base: Option<&'a TableMetadata>,
    metadata: TableMetadata,
    context: ApplyContext<'a>,
    changed: bool,
    /// Whether a schema, spec or order became current or default, so that they must be checked against each other.
    layout_changed: bool,
    last_added_schema: Option<i32>,
    last_added_spec: Option<i32>,
    last_added_order: Option<i32>,
    /// Snapshots that this commit added, with their times.
    added_snapshots: Vec<(i64, i64)>,
    /// Snapshots that `main` was set to.
    main_was: Vec<i64>,
    removed_snapshots: bool,
}

impl<'a> Draft<'a> {
    fn new(base: Option<&'a TableMetadata>, metadata: TableMetadata, context: ApplyContext<'a>) -> Self {
        Self {
            base,
            metadata,
            context,
            changed: false,
            layout_changed: false,
            last_added_schema: None,
            last_added_spec: None,
            last_added_order: None,
            added_snapshots: Vec::new(),
            main_was: Vec::new(),
            removed_snapshots: false,
        }
    }

    fn apply(&mut self, update: &Update) -> Result<(), ApplyError> {
        match update {
            Update::AssignUuid(uuid) => self.assign_uuid(uuid),
            Update::UpgradeFormatVersion(version) => self.upgrade_format_version(*version),
            Update::AddSchema(schema) => self.add_schema(schema),
            Update::SetCurrentSchema(id) => self.set_current_schema(*id),
            Update::AddSpec(spec) => self.add_spec(spec),
            Update::SetDefaultSpec(id) => self.set_default_spec(*id),
            Update::AddSortOrder(order) => self.add_sort_order(order),
            Update::SetDefaultSortOrder(id) => self.set_default_sort_order(*id),
            Update::AddSnapshot(snapshot) => self.add_snapshot(snapshot),
            Update::SetSnapshotRef { name, reference } => self.set_ref(name, reference),
            Update::RemoveSnapshots(ids) => self.remove_snapshots(ids),
            Update::RemoveSnapshotRef(name) => {
                self.remove_ref(name);
                Ok(())
            }
            Update::SetLocation(location) => self.set_location(location),
            Update::SetProperties(properties) => self.set_properties(properties),
            Update::RemoveProperties(keys) => {
                self.remove_properties(keys);
                Ok(())
            }
            Update::SetStatistics(file) => {
                self.set_statistics(file);
                Ok(())
            }
            Update::RemoveStatistics(snapshot_id) => {
                self.remove_statistics(*snapshot_id);
                Ok(())
            }
            Update::SetPartitionStatistics(file) => {
                self.set_partition_statistics(file);
                Ok(())
            }
            Update::RemovePartitionStatistics(snapshot_id) => {
                self.remove_partition_statistics(*snapshot_id);
                Ok(())
            }
            Update::RemovePartitionSpecs(ids) => self.remove_specs(ids),
            Update::RemoveSchemas(ids) => self.remove_schemas(ids),
            Update::AddEncryptionKey(key) => {
                self.add_encryption_key(key);
                Ok(())
            }
            Update::RemoveEncryptionKey(id) => {
                self.remove_encryption_key(id);
                Ok(())
            }
        }
    }
}

/// An id one above all of `ids`, at least `first`.
pub(crate) fn next_id(first: i32, ids: impl Iterator<Item = i32>) -> Result<i32, ApplyError> {
    match ids.max() {
        None => Ok(first),
        Some(highest) => match highest.checked_add(1) {
            Some(next) => Ok(next.max(first)),
            None => invalid("Cannot assign another id: all are used up"),
        },
    }
}
