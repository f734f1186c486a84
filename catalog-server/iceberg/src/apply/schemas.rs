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
        SchemaIndex::new(schema)?.check_new(metadata.format_version)?;
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
        let Some(schema) = self.metadata.schemas.iter().find(|schema| schema.id == id) else {
            return invalid(format!("Cannot set current schema to unknown schema: {id}"));
        };
        let index = SchemaIndex::new(schema)?;
        let fields = self.metadata.partition_specs.iter().flat_map(|spec| &spec.fields);
        fields.into_iter().try_for_each(|field| field.check_name(&index))?;
        self.metadata.current_schema_id = id;
        self.layout_changed = true;
        self.changed = true;
        Ok(())
    }

    /// What a new spec or order must fit: the current schema. DuckDB's first commit makes one current in the end, after
    /// its spec and order, so until there is one it is the one that was added last.
    pub(super) fn schema(&self) -> Option<&Schema> {
        let added = || self.metadata.schemas.iter().find(|schema| Some(schema.id) == self.last_added_schema);
        self.metadata.current_schema().or_else(added)
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::TableMetadata;
    use crate::fixture::{changed, is_unchanged, read, refused, table};

    /// The table's schema and one more column.
    fn wider(id: i32, name: &str) -> Value {
        let mut schema = serde_json::to_value(crate::fixture::schema()).unwrap();
        let fields = schema["fields"].as_array_mut().unwrap();
        fields.push(json!({"id": id, "name": name, "required": false, "type": "int"}));
        schema
    }

    fn add(schema: &Value) -> Value {
        json!({"action": "add-schema", "schema": schema, "last-column-id": 1})
    }

    fn set(id: i32) -> Value {
        json!({"action": "set-current-schema", "schema-id": id})
    }

    fn ids(table: &TableMetadata) -> Vec<i32> {
        table.schemas().iter().map(|schema| schema.id).collect()
    }

    #[test]
    fn a_new_schema_gets_the_next_id_and_its_highest_field_id_counts() {
        let next = changed(&table(), &[add(&wider(9, "a")), set(-1)]);
        assert_eq!(ids(&next), [0, 1]);
        assert_eq!(next.current_schema_id(), 1);
        assert_eq!(next.last_column_id(), 9);
        let again = changed(&next, &[add(&wider(8, "b"))]);
        assert_eq!((again.current_schema_id(), again.last_column_id()), (1, 9));
        assert_eq!(ids(&again), [0, 1, 2]);
    }

    #[test]
    fn a_known_schema_is_found_again() {
        let next = changed(&table(), &[add(&wider(9, "a")), set(-1)]);
        assert!(is_unchanged(&next, &[add(&wider(9, "a")), set(-1)]));
        let back = changed(&next, &[add(&serde_json::to_value(crate::fixture::schema()).unwrap()), set(-1)]);
        assert_eq!((back.current_schema_id(), ids(&back)), (0, vec![0, 1]));
    }

    #[test]
    fn identifier_fields_have_no_order() {
        let schema = |identifiers: [i32; 3]| {
            json!({"type": "struct", "identifier-field-ids": identifiers, "fields": [
                {"id": 1, "name": "a", "required": true, "type": "int"}, {"id": 2, "name": "b", "required": true, "type": "int"}]})
        };
        let next = changed(&table(), &[add(&schema([1, 2, 2])), set(-1)]);
        assert!(is_unchanged(&next, &[add(&schema([2, 1, 1])), set(-1)]));
    }

    #[test]
    fn what_differs_only_in_a_doc_is_another_schema() {
        let mut schema = serde_json::to_value(crate::fixture::schema()).unwrap();
        schema["fields"][0]["doc"] = "caf\u{e9} \u{1F680}".into();
        let next = changed(&table(), &[add(&schema), set(-1)]);
        assert_eq!(next.current_schema().unwrap().fields[0].doc.as_deref(), Some("caf\u{e9} \u{1F680}"));
        assert_eq!(next.last_column_id(), 7);
    }

    #[test]
    fn an_unknown_schema_cannot_be_current() {
        assert_eq!(refused(&table(), &[set(4)]), "Cannot set current schema to unknown schema: 4");
        assert_eq!(refused(&table(), &[set(-1)]), "Cannot set last added schema: no schema has been added");
        assert!(is_unchanged(&table(), &[set(0)]));
    }

    #[test]
    fn schemas_that_are_not_current_can_be_removed() {
        let next = changed(&table(), &[add(&wider(9, "a")), set(-1)]);
        let remove = |ids: &[i32]| json!({"action": "remove-schemas", "schema-ids": ids});
        assert_eq!(refused(&next, &[remove(&[0, 1])]), "Cannot remove the current schema");
        assert_eq!(ids(&changed(&next, &[remove(&[0, 77])])), [1]);
        assert!(is_unchanged(&next, &[remove(&[])]));
        let refilled = changed(&changed(&next, &[remove(&[0])]), &[add(&wider(10, "b"))]);
        assert_eq!(ids(&refilled), [1, 2]);
    }

    #[test]
    fn a_schema_that_lacks_the_partition_source_cannot_become_current() {
        let spec = json!({"fields": [{"source-id": 3, "name": "p", "transform": "identity"}]});
        let partitioned = changed(
            &table(),
            &[json!({"action": "add-spec", "spec": spec}), json!({"action": "set-default-spec", "spec-id": -1})],
        );
        let narrow = json!({"type": "struct", "fields": [{"id": 1, "name": "id", "required": true, "type": "long"}]});
        assert_eq!(
            refused(&partitioned, &[add(&narrow), set(-1)]),
            "Cannot find source column for partition field: 1000: p: identity(3)"
        );
        let unpartitioned = json!({"action": "set-default-spec", "spec-id": 0});
        assert_eq!(changed(&partitioned, &[unpartitioned, add(&narrow), set(-1)]).current_schema_id(), 1);
    }

    #[test]
    fn a_schema_with_a_column_of_a_partitions_name_cannot_become_current() {
        let partitioned = |transform: &str| {
            let spec = json!({"fields": [{"source-id": 3, "name": "p", "transform": transform}]});
            changed(&table(), &[json!({"action": "add-spec", "spec": spec})])
        };
        for transform in ["identity", "bucket[4]", "void"] {
            let base = partitioned(transform);
            let expected = "Cannot create identity partition sourced from different field in schema: p";
            assert_eq!(refused(&base, &[add(&wider(9, "p")), set(-1)]), expected);
            assert_eq!(changed(&base, &[add(&wider(9, "q")), set(-1)]).current_schema_id(), 1);
        }
    }

    #[test]
    fn ids_that_cannot_grow_are_an_error() {
        let mut document: Value = serde_json::from_slice(&table().to_bytes()).unwrap();
        document["schemas"][0]["schema-id"] = i32::MAX.into();
        document["current-schema-id"] = i32::MAX.into();
        let full = TableMetadata::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(refused(&full, &[add(&wider(9, "a"))]), "Cannot assign another id: all are used up");
    }

    #[test]
    fn broken_schemas_are_refused() {
        let twice: Value = read(&json!({"type": "struct", "fields": [
            {"id": 1, "name": "a", "required": true, "type": "int"}, {"id": 2, "name": "a", "required": true, "type": "int"}]}));
        assert_eq!(refused(&table(), &[add(&twice)]), "Invalid schema: multiple fields for name a: 1 and 2");
        let v3 =
            json!({"type": "struct", "fields": [{"id": 1, "name": "t", "required": true, "type": "timestamp_ns"}]});
        assert_eq!(
            refused(&table(), &[add(&v3)]),
            "Invalid schema for v2:\n- Invalid type for t: timestamp_ns is not supported until v3"
        );
    }
}
