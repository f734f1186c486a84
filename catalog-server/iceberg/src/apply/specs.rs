//! `add-spec`, `set-default-spec`, `remove-partition-specs`.

use crate::apply::{Draft, next_id};
use crate::error::{ApplyError, invalid};
use crate::metadata::{NO_ID, TableMetadata};
use crate::partition::{PartitionField, PartitionSpec};
use crate::schema::SchemaIndex;

impl Draft<'_> {
    /// The request's ids mean nothing. A spec with the same sources, transforms and names is found again, and counts as
    /// the last one added.
    pub(super) fn add_spec(&mut self, spec: &PartitionSpec) -> Result<(), ApplyError> {
        let specs = &self.metadata.partition_specs;
        if let Some(same) = specs.iter().find(|other| other.compatible_with(spec)) {
            self.last_added_spec = Some(same.id);
            return Ok(());
        }
        let id = next_id(0, specs.iter().map(|spec| spec.id))?;
        let spec = numbered(&self.metadata, spec)?;
        let Some(schema) = self.schema() else {
            return invalid("Attempting to add a partition spec before a schema is added");
        };
        spec.check_new(&SchemaIndex::new(schema)?)?;
        if self.metadata.format_version == 1 && !spec.has_sequential_ids() {
            let fields: Vec<_> = spec.fields.iter().map(ToString::to_string).collect();
            let fields = fields.join(", ");
            return invalid(format!("Spec does not use sequential IDs that are required in v1: [{fields}]"));
        }
        self.metadata.last_partition_id = self.metadata.last_partition_id.max(spec.last_field_id());
        self.metadata.partition_specs.push(PartitionSpec { id, ..spec });
        self.last_added_spec = Some(id);
        self.changed = true;
        Ok(())
    }

    pub(super) fn set_default_spec(&mut self, id: i32) -> Result<(), ApplyError> {
        let id = match (id, self.last_added_spec) {
            (NO_ID, Some(added)) => added,
            (NO_ID, None) => return invalid("Cannot set last added spec: no spec has been added"),
            (id, _) => id,
        };
        if id == self.metadata.default_spec_id {
            return Ok(());
        }
        if !self.metadata.partition_specs.iter().any(|spec| spec.id == id) {
            return invalid(format!("Cannot set default partition spec to unknown spec: {id}"));
        }
        self.metadata.default_spec_id = id;
        self.layout_changed = true;
        self.changed = true;
        Ok(())
    }

    pub(super) fn remove_specs(&mut self, ids: &[i32]) -> Result<(), ApplyError> {
        if ids.contains(&self.metadata.default_spec_id) {
            return invalid("Cannot remove the default partition spec");
        }
        self.metadata.partition_specs.retain(|spec| !ids.contains(&spec.id));
        self.changed |= !ids.is_empty();
        Ok(())
    }
}

/// `spec` with an id on every field. A request without ids gets the id that the same value has in another spec, so
/// that its files stay comparable, or the next free one (v1: the position).
fn numbered(metadata: &TableMetadata, spec: &PartitionSpec) -> Result<PartitionSpec, ApplyError> {
    let mut spec = spec.clone();
    let mut last = metadata.last_partition_id;
    for (field, position) in spec.fields.iter_mut().zip(crate::partition::FIRST_FIELD_ID..) {
        if field.field_id.is_some() {
            continue;
        }
        field.field_id = match known_id(metadata, field) {
            _ if metadata.format_version == 1 => Some(position),
            Some(id) => Some(id),
            None => {
                let Some(next) = last.checked_add(1) else {
                    return invalid("Cannot assign another partition field id: all are used up");
                };
                last = next;
                Some(next)
            }
        };
    }
    Ok(spec)
}

fn known_id(metadata: &TableMetadata, field: &PartitionField) -> Option<i32> {
    let fields = metadata.partition_specs.iter().flat_map(|spec| &spec.fields);
    fields.filter(|other| other.same_value(field)).filter_map(|other| other.field_id).max()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::TableMetadata;
    use crate::fixture::{changed, is_unchanged, refused, table, v1_table};

    fn add(fields: &Value) -> Value {
        json!({"action": "add-spec", "spec": {"spec-id": 44, "fields": fields}})
    }

    fn set(id: i32) -> Value {
        json!({"action": "set-default-spec", "spec-id": id})
    }

    fn field(source: i32, transform: &str, name: &str, id: Option<i32>) -> Value {
        let mut field = json!({"source-id": source, "transform": transform, "name": name});
        if let Some(id) = id {
            field["field-id"] = id.into();
        }
        field
    }

    fn field_ids(table: &TableMetadata) -> Vec<Vec<Option<i32>>> {
        let ids = |spec: &crate::PartitionSpec| spec.fields.iter().map(|field| field.field_id).collect();
        table.partition_specs().iter().map(ids).collect()
    }

    #[test]
    fn a_new_spec_gets_the_next_id_and_its_highest_field_id_counts() {
        let next = changed(&table(), &[add(&json!([field(2, "day", "d", Some(1004))])), set(-1)]);
        assert_eq!((next.default_spec_id(), next.last_partition_id()), (1, 1004));
        let again = changed(&next, &[add(&json!([field(2, "month", "m", Some(1002))]))]);
        assert_eq!((again.default_spec_id(), again.last_partition_id()), (1, 1004));
        assert_eq!(again.partition_specs().last().unwrap().id, 2);
    }

    #[test]
    fn a_spec_with_the_same_values_and_names_is_found_again_whatever_its_ids() {
        let next = changed(&table(), &[add(&json!([field(2, "day", "d", Some(1000))])), set(-1)]);
        assert!(is_unchanged(&next, &[add(&json!([field(2, "day", "d", Some(1007))])), set(-1)]));
        let renamed = changed(&next, &[add(&json!([field(2, "day", "other", Some(1000))])), set(-1)]);
        assert_eq!((renamed.default_spec_id(), renamed.last_partition_id()), (2, 1000));
        let back = changed(&next, &[add(&json!([])), set(-1)]);
        assert_eq!((back.default_spec_id(), back.partition_specs().len()), (0, 2));
    }

    #[test]
    fn fields_without_ids_get_the_ids_of_the_same_values_or_new_ones() {
        let one = changed(&table(), &[add(&json!([field(2, "day", "d", None), field(1, "bucket[4]", "b", None)]))]);
        assert_eq!(field_ids(&one)[1], [Some(1000), Some(1001)]);
        let two = changed(&one, &[add(&json!([field(3, "identity", "n", None), field(1, "bucket[4]", "b", None)]))]);
        assert_eq!(field_ids(&two)[2], [Some(1002), Some(1001)]);
        assert_eq!(two.last_partition_id(), 1002);
    }

    #[test]
    fn v1_numbers_fields_by_position() {
        let fields = json!([field(2, "day", "d", Some(1000)), field(1, "bucket[4]", "b", Some(1002))]);
        assert_eq!(
            refused(&v1_table(), &[add(&fields)]),
            "Spec does not use sequential IDs that are required in v1: [1000: d: day(2), 1002: b: bucket[4](1)]"
        );
        let fields = json!([field(2, "void", "d", None), field(1, "bucket[4]", "b", None)]);
        assert_eq!(field_ids(&changed(&v1_table(), &[add(&fields)]))[1], [Some(1000), Some(1001)]);
    }

    #[test]
    fn a_void_field_may_have_lost_its_column() {
        let next = changed(&table(), &[add(&json!([field(77, "void", "x", Some(1000))])), set(-1)]);
        assert_eq!(next.default_spec_id(), 1);
    }

    #[test]
    fn an_unknown_spec_cannot_be_the_default() {
        assert_eq!(refused(&table(), &[set(4)]), "Cannot set default partition spec to unknown spec: 4");
        assert_eq!(refused(&table(), &[set(-1)]), "Cannot set last added spec: no spec has been added");
        assert!(is_unchanged(&table(), &[set(0)]));
    }

    #[test]
    fn specs_that_are_not_the_default_can_be_removed() {
        let next = changed(&table(), &[add(&json!([field(2, "day", "d", None)])), set(-1)]);
        let remove = |ids: &[i32]| json!({"action": "remove-partition-specs", "spec-ids": ids});
        assert_eq!(refused(&next, &[remove(&[1])]), "Cannot remove the default partition spec");
        let removed = changed(&next, &[remove(&[0])]);
        assert_eq!(removed.partition_specs().len(), 1);
        assert_eq!(removed.last_partition_id(), 1000);
    }

    #[test]
    fn broken_specs_are_refused() {
        for (fields, expected) in [
            (json!([field(9, "day", "d", None)]), "Cannot find source column for partition field: 1000: d: day(9)"),
            (
                json!([field(2, "day", "id", None)]),
                "Cannot create identity partition sourced from different field in schema: id",
            ),
            (
                json!([field(77, "void", "id", None)]),
                "Cannot create identity partition sourced from different field in schema: id",
            ),
            (json!([field(3, "day", "d", None)]), "Unsupported type: string"),
            (json!([field(1, "bucket[0]", "d", None)]), "Invalid number of buckets: 0 (must be > 0)"),
            (
                json!([field(2, "day", "d", Some(1000)), field(2, "hour", "h", Some(1000))]),
                "Cannot use partition field id more than once: 1000: h: hour(2)",
            ),
            (
                json!([{"source-ids": [1, 2], "transform": "identity", "name": "both"}]),
                "Cannot partition by several columns in one field yet: 1000: both: identity(1)",
            ),
        ] {
            assert_eq!(refused(&table(), &[add(&fields)]), expected);
        }
    }
}
