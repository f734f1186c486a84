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
        self.metadata.last_updated_ms = self.now()?;
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{append, is_unchanged, run, schema, table};
    use crate::{Applied, ApplyError, TableMetadata};

    fn first_commit() -> Vec<Value> {
        let mut schema = serde_json::to_value(schema()).unwrap();
        schema["schema-id"] = 0.into();
        vec![
            json!({"action": "assign-uuid", "uuid": "00000000-0000-0000-0000-000000000007"}),
            json!({"action": "upgrade-format-version", "format-version": 2}),
            json!({"action": "add-schema", "schema": schema}),
            json!({"action": "set-current-schema", "schema-id": -1}),
            json!({"action": "add-spec", "spec": {"spec-id": 0, "fields": []}}),
            json!({"action": "set-default-spec", "spec-id": -1}),
            json!({"action": "add-sort-order", "sort-order": {"order-id": 0, "fields": []}}),
            json!({"action": "set-default-sort-order", "sort-order-id": -1}),
            json!({"action": "set-location", "location": "s3://lake/t"}),
            json!({"action": "set-properties", "updates": {"write.parquet.compression-codec": "zstd"}}),
        ]
    }

    fn started(updates: &[Value]) -> Result<TableMetadata, ApplyError> {
        match run(None, updates)? {
            Applied::Changed(metadata) => Ok(metadata),
            Applied::Unchanged => panic!("a table of nothing"),
        }
    }

    #[test]
    fn the_first_commit_of_a_staged_table_makes_what_create_would_have_made() {
        let made = started(&first_commit()).unwrap();
        let wanted = TableMetadata { last_updated_ms: made.last_updated_ms, ..table() };
        assert_eq!(made, wanted);
    }

    #[test]
    fn the_first_commit_may_make_its_schema_current_last() {
        let mut updates = first_commit();
        let current = updates.remove(3);
        updates[3]["spec"]["fields"] = json!([{"source-id": 2, "name": "d", "transform": "day", "field-id": 1000}]);
        let made = started(&[&updates[..], &[current]].concat()).unwrap();
        assert_eq!((made.current_schema_id(), made.default_spec().unwrap().fields.len()), (0, 1));
        updates.remove(2);
        let nothing = "Attempting to add a partition spec before a schema is added";
        assert_eq!(started(&updates), Err(ApplyError::Invalid(nothing.to_owned())));
    }

    #[test]
    fn the_first_commit_may_bring_a_snapshot_and_has_an_empty_metadata_log() {
        let made = started(&[first_commit(), append(1)].concat()).unwrap();
        assert_eq!(made.current_snapshot_id(), Some(1));
        assert_eq!(made.metadata_log().unwrap().count(), 0);
        assert_eq!(made.snapshot_log().unwrap().len(), 1);
    }

    #[test]
    fn the_first_commit_may_be_of_any_version() {
        let mut updates = first_commit();
        updates[1]["format-version"] = 1.into();
        assert_eq!(started(&updates).unwrap().format_version(), 1);
        updates[1]["format-version"] = 3.into();
        let v3 = started(&updates).unwrap();
        assert_eq!((v3.format_version(), v3.next_row_id()), (3, Some(0)));
    }

    #[test]
    fn the_first_commit_must_be_complete() {
        for (missing, expected) in [
            (0, "UUID is required in format v2"),
            (2, "Cannot set last added schema: no schema has been added"),
            (3, "Cannot create a table without a current schema"),
            (5, "Cannot create a table without a default partition spec"),
            (7, "Cannot create a table without a default sort order"),
            (8, "Cannot create a table without a location"),
        ] {
            let mut updates = first_commit();
            updates.remove(missing);
            assert_eq!(started(&updates), Err(ApplyError::Invalid(expected.to_owned())));
        }
    }

    #[test]
    fn no_update_changes_nothing() {
        assert!(is_unchanged(&table(), &[]));
    }
}
