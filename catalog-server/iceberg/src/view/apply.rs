//! Updates make the next metadata of a view out of the current one.
//!
//! [`Draft`] carries the state of one commit; the files under `apply/` say what updates do to it.

use std::collections::BTreeSet;

use crate::error::ApplyError;
use crate::limits;
use crate::view::metadata::{VersionLogEntry, ViewMetadata};
use crate::view::update::ViewUpdate;

mod finish;
mod identity;
mod schemas;
mod versions;

pub(super) use finish::check_properties;
use identity::upgrade_format_version;

/// What came of a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum AppliedView {
    /// Nothing to write: the view is already as the updates want it.
    Unchanged,
    /// The next metadata.
    Changed(ViewMetadata),
}

/// Applies `updates` in their order to `base`. `now_ms`, the server's clock, is when a version of old becomes current
/// again; one that is new was made when its writer says.
///
/// # Errors
/// [`ApplyError::Invalid`] for whatever stays wrong.
pub fn apply_view(base: &ViewMetadata, updates: &[ViewUpdate], now_ms: i64) -> Result<AppliedView, ApplyError> {
    limits::check_updates(updates.len(), layout_updates(updates))?;
    let mut draft = Draft::new(base, now_ms);
    updates.iter().try_for_each(|update| draft.apply(update))?;
    draft.finish()
}

/// How many of `updates` are compared with all schemas or versions.
fn layout_updates(updates: &[ViewUpdate]) -> usize {
    updates.iter().filter(|update| matches!(update, ViewUpdate::AddSchema(_) | ViewUpdate::AddVersion(_))).count()
}

/// A commit in the making.
struct Draft<'a> {
    base: &'a ViewMetadata,
    metadata: ViewMetadata,
    now_ms: i64,
    changed: bool,
    last_added_schema: Option<i32>,
    last_added_version: Option<i32>,
    /// Versions that this commit added.
    added_versions: BTreeSet<i32>,
    /// The last version that this commit made current; those before it nobody has seen.
    log_entry: Option<VersionLogEntry>,
}

impl<'a> Draft<'a> {
    fn new(base: &'a ViewMetadata, now_ms: i64) -> Self {
        Self {
            base,
            metadata: base.clone(),
            now_ms,
            changed: false,
            last_added_schema: None,
            last_added_version: None,
            added_versions: BTreeSet::new(),
            log_entry: None,
        }
    }

    fn apply(&mut self, update: &ViewUpdate) -> Result<(), ApplyError> {
        match update {
            ViewUpdate::AssignUuid(uuid) => self.assign_uuid(uuid),
            ViewUpdate::UpgradeFormatVersion(version) => upgrade_format_version(*version),
            ViewUpdate::AddSchema(schema) => self.add_schema(schema),
            ViewUpdate::SetLocation(location) => self.set_location(location),
            ViewUpdate::SetProperties(properties) => self.set_properties(properties),
            ViewUpdate::RemoveProperties(keys) => {
                self.remove_properties(keys);
                Ok(())
            }
            ViewUpdate::AddVersion(version) => self.add_version(version),
            ViewUpdate::SetCurrentVersion(id) => self.set_current_version(*id),
        }
    }
}
