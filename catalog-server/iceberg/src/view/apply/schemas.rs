//! `add-schema` of a view.

use crate::apply::next_id;
use crate::error::ApplyError;
use crate::metadata::LATEST_VERSION;
use crate::schema::{Schema, SchemaIndex};
use crate::view::apply::Draft;

impl Draft<'_> {
    /// The request's schema id means nothing. A schema that the view has already is found again, and counts as the last
    /// one added.
    pub(super) fn add_schema(&mut self, schema: &Schema) -> Result<(), ApplyError> {
        SchemaIndex::new(schema)?.check_new(LATEST_VERSION)?;
        let schemas = &mut self.metadata.schemas;
        if let Some(same) = schemas.iter().find(|other| other.same_schema(schema)) {
            self.last_added_schema = Some(same.id);
            return Ok(());
        }
        let id = next_id(0, schemas.iter().map(|schema| schema.id))?;
        schemas.push(Schema { id, ..schema.clone() });
        self.last_added_schema = Some(id);
        self.changed = true;
        Ok(())
    }
}
