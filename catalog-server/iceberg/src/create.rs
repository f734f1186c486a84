//! The first metadata of a table from a create request.

use std::collections::HashMap;

use uuid::Uuid;

use crate::apply::new_table_version;
use crate::error::{ApplyError, invalid};
use crate::metadata::{DEFAULT_VERSION, TableMetadata};
use crate::parse::without_trailing_slash;
use crate::partition::{FIRST_FIELD_ID, PartitionSpec};
use crate::properties::{self, Properties};
use crate::schema::{FreshSchema, Schema, SchemaIndex};
use crate::sort::{FIRST_ID, SortOrder};

/// A request for a table, with what the server adds: identity and place.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTable {
    /// The new table's identity.
    pub uuid: Uuid,
    /// The new table's root.
    pub location: String,
    /// The client's schema; its field ids only serve to find the sources of `partition_spec` and `write_order`.
    pub schema: Schema,
    /// None: unpartitioned.
    pub partition_spec: Option<PartitionSpec>,
    /// None: unsorted.
    pub write_order: Option<SortOrder>,
    /// `format-version` sets the version; reserved properties are not stored.
    pub properties: Properties,
}

/// Makes a table's first metadata: field ids from 1, schema and spec id 0, partition fields from 1000, sort order 1 (0
/// if there is none), no snapshot, empty logs.
///
/// # Errors
/// [`ApplyError::Invalid`] if schema, spec, order or properties do not make sense (together);
/// [`ApplyError::Unsupported`] for a format version that is not served yet.
pub fn create(request: CreateTable, now_ms: i64) -> Result<TableMetadata, ApplyError> {
    let CreateTable { uuid, location, schema, partition_spec, write_order, properties } = request;
    let version = properties::format_version(&properties)?.map_or(Ok(DEFAULT_VERSION), new_table_version)?;
    let stored = properties::of_new_table(properties);
    properties::check_values(&stored)?;
    // What is wrong in the request is named in the request's own ids.
    let asked = SchemaIndex::new(&schema)?;
    schema.check_version(&asked, version)?;
    properties::check_metrics_columns(&stored, &asked)?;
    let spec = partition_spec.unwrap_or_else(PartitionSpec::unpartitioned);
    spec.check_new(&asked)?;
    let order = write_order.unwrap_or_else(SortOrder::unsorted);
    order.check_new(&asked)?;

    let FreshSchema { schema, ids, last_column_id } = FreshSchema::new(schema, 0);
    let spec = fresh_spec(spec, &ids)?;
    let order = fresh_order(order, &ids)?;
    let location = without_trailing_slash(&location);
    if location.is_empty() {
        return invalid("Cannot create a table without a location");
    }
    Ok(TableMetadata {
        uuid: Some(uuid),
        location: location.to_owned(),
        last_updated_ms: now_ms,
        last_column_id,
        current_schema_id: schema.id,
        schemas: vec![schema],
        default_spec_id: spec.id,
        last_partition_id: spec.last_field_id(),
        partition_specs: vec![spec],
        default_sort_order_id: order.id,
        sort_orders: vec![order],
        properties: stored,
        ..TableMetadata::empty(version)
    })
}

fn fresh_spec(mut spec: PartitionSpec, ids: &HashMap<i32, i32>) -> Result<PartitionSpec, ApplyError> {
    spec.id = 0;
    for (field, field_id) in spec.fields.iter_mut().zip(FIRST_FIELD_ID..) {
        field.source_id = fresh_source(field.source_id, ids)?;
        field.field_id = Some(field_id);
    }
    Ok(spec)
}

fn fresh_order(mut order: SortOrder, ids: &HashMap<i32, i32>) -> Result<SortOrder, ApplyError> {
    if order.is_unsorted() {
        return Ok(SortOrder::unsorted());
    }
    order.id = FIRST_ID;
    for field in &mut order.fields {
        field.source_id = fresh_source(field.source_id, ids)?;
    }
    Ok(order)
}

fn fresh_source(id: i32, ids: &HashMap<i32, i32>) -> Result<i32, ApplyError> {
    match ids.get(&id) {
        Some(id) => Ok(*id),
        None => invalid(format!("Cannot find source column: {id}")),
    }
}
