//! `add-schema`, `set-current-schema`, `remove-schemas`.

use crate::apply::{Draft, next_id};
use crate::error::{ApplyError, invalid};
use crate::metadata::NO_ID;
use crate::schema::{Schema, SchemaIndex};

impl Draft<'_> {
    /// The request's schema id means nothing; field ids are the client's. A schema that the table has already is found
    /// again, and counts as the last one added.
    pub(super) fn add_schema(&mut self, schema: &Schema) -> Result<(), ApplyError> {
        let metadata = &mut self.metadata;
        schema.check_version(&SchemaIndex::new(schema)?, metadata.format_version)?;
        if let Some(same) = metadata.schemas.iter().find(|other| other.same_schema(schema)) {
            self.last_added_schema = Some(same.id);
            return Ok(());
        }
        let id = next_id(metadata.current_schema_id.max(0), metadata.schemas.iter().map(|schema| schema.id))?;
        metadata.last_column_id = metadata.last_column_id.max(schema.highest_field_id());
        metadata.schemas.push(Schema { id, ..schema.clone() });
        self.last_added_schema = Some(id);
        self.changed = true;
        Ok(())
    }

    pub(super) fn set_current_schema(&mut self, id: i32) -> Result<(), ApplyError> {
        let id = match (id, self.last_added_schema) {
            (NO_ID, Some(added)) => added,
            (NO_ID, None) => return invalid("Cannot set last added schema: no schema has been added"),
            (id, _) => id,
        };
        if id == self.metadata.current_schema_id {
            return Ok(());
        }
        if !self.metadata.schemas.iter().any(|schema| schema.id == id) {
            return invalid(format!("Cannot set current schema to unknown schema: {id}"));
        }
        self.metadata.current_schema_id = id;
        self.layout_changed = true;
        self.changed = true;
        Ok(())
    }

    pub(super) fn remove_schemas(&mut self, ids: &[i32]) -> Result<(), ApplyError> {
        if ids.contains(&self.metadata.current_schema_id) {
            return invalid("Cannot remove the current schema");
        }
        self.metadata.schemas.retain(|schema| !ids.contains(&schema.id));
        self.changed |= !ids.is_empty();
        Ok(())
    }
}
