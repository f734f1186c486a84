//! From the draft to the next metadata: what must hold of the whole.

use crate::apply::{Applied, Draft};
use crate::error::{ApplyError, invalid};
use crate::schema::SchemaIndex;

impl Draft<'_> {
    pub(super) fn finish(mut self) -> Result<Applied, ApplyError> {
        if !self.changed {
            return Ok(Applied::Unchanged);
        }
        self.check_complete()?;
        if self.layout_changed {
            self.check_layout()?;
        }
        self.metadata.last_updated_ms = self.updated_ms.unwrap_or_else(|| self.now());
        self.correct_snapshot_log()?;
        self.extend_metadata_log();
        Ok(Applied::Changed(self.metadata))
    }

    /// A first commit may forget something.
    fn check_complete(&self) -> Result<(), ApplyError> {
        let metadata = &self.metadata;
        if metadata.uuid.is_none() && (metadata.format_version > 1 || self.base.is_none()) {
            return invalid(format!("UUID is required in format v{}", metadata.format_version));
        }
        if metadata.location.is_empty() {
            return invalid("Cannot create a table without a location");
        }
        if metadata.current_schema().is_none() {
            return invalid("Cannot create a table without a current schema");
        }
        if metadata.default_spec().is_none() {
            return invalid("Cannot create a table without a default partition spec");
        }
        if metadata.default_sort_order().is_none() {
            return invalid("Cannot create a table without a default sort order");
        }
        Ok(())
    }

    /// The default spec and order must work with the current schema. Older ones may refer to columns that are gone.
    fn check_layout(&self) -> Result<(), ApplyError> {
        let metadata = &self.metadata;
        let Some(schema) = metadata.current_schema() else { return Ok(()) };
        let index = SchemaIndex::new(schema)?;
        metadata.default_spec().map_or(Ok(()), |spec| spec.check_compatible(&index))?;
        metadata.default_sort_order().map_or(Ok(()), |order| order.check_compatible(&index))
    }
}
