//! `add-spec`, `set-default-spec`, `remove-partition-specs`.

use crate::apply::{Draft, next_id};
use crate::error::{ApplyError, invalid};
use crate::metadata::{NO_ID, TableMetadata};
use crate::partition::{PartitionField, PartitionSpec};
use crate::schema::SchemaIndex;

impl Draft<'_> {
    /// The request's spec id means nothing. A spec with the same sources and transforms is found again, whatever its
    /// names, and counts as the last one added.
    pub(super) fn add_spec(&mut self, spec: &PartitionSpec) -> Result<(), ApplyError> {
        let specs = &self.metadata.partition_specs;
        if let Some(same) = specs.iter().find(|other| other.compatible_with(spec)) {
            self.last_added_spec = Some(same.id);
            return Ok(());
        }
        let id = next_id(0, specs.iter().map(|spec| spec.id))?;
        let spec = numbered(&self.metadata, spec)?;
        let Some(schema) = self.metadata.current_schema() else {
            return invalid("Attempting to add a partition spec before a schema is current");
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
