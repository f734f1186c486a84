//! The first metadata of a table from a create request.

use std::collections::HashMap;

use uuid::Uuid;

use crate::apply::new_table_version;
use crate::error::{ApplyError, invalid};
use crate::limits;
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
/// [`ApplyError::Unsupported`] for a transform of several columns.
pub fn create(request: CreateTable, now_ms: i64) -> Result<TableMetadata, ApplyError> {
    let CreateTable { uuid, location, schema, partition_spec, write_order, properties } = request;
    let version = properties::format_version(&properties)?.map_or(Ok(DEFAULT_VERSION), new_table_version)?;
    let stored = properties::of_new_table(properties);
    properties::check_values(&stored)?;
    limits::check_properties(&stored, &stored)?;
    // What is wrong in the request is named in the request's own ids.
    let asked = SchemaIndex::new(&schema)?;
    asked.check_new(version)?;
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{NOW, properties, read, request, schema};
    use crate::{CreateTable, PartitionSpec, SortOrder, TableMetadata, create};

    fn made(request: CreateTable) -> Value {
        let metadata = create(request, NOW).unwrap();
        let bytes = metadata.to_bytes();
        assert_eq!(TableMetadata::parse(&bytes).unwrap(), metadata);
        serde_json::from_slice(&bytes).unwrap()
    }

    fn refused(request: CreateTable) -> String {
        create(request, NOW).unwrap_err().to_string()
    }

    fn spec(fields: &Value) -> Option<PartitionSpec> {
        read(&json!({"spec-id": 7, "fields": fields}))
    }

    fn order(fields: &Value) -> Option<SortOrder> {
        read(&json!({"order-id": 9, "fields": fields}))
    }

    #[test]
    fn a_plain_table_has_the_ids_that_every_catalog_gives() {
        let made = made(request(&[("owner", "ada")]));
        assert_eq!(
            made,
            json!({
                "format-version": 2,
                "table-uuid": "00000000-0000-0000-0000-000000000007",
                "location": "s3://lake/t",
                "last-sequence-number": 0,
                "last-updated-ms": NOW,
                "last-column-id": 7,
                "current-schema-id": 0,
                "schemas": [{"type": "struct", "schema-id": 0, "fields": serde_json::to_value(schema()).unwrap()["fields"]}],
                "default-spec-id": 0,
                "partition-specs": [{"spec-id": 0, "fields": []}],
                "last-partition-id": 999,
                "default-sort-order-id": 0,
                "sort-orders": [{"order-id": 0, "fields": []}],
                "properties": {"owner": "ada", "write.parquet.compression-codec": "zstd"},
                "current-snapshot-id": -1,
                "refs": {},
                "snapshots": [],
                "statistics": [],
                "partition-statistics": [],
                "snapshot-log": [],
                "metadata-log": [],
            })
        );
    }

    #[test]
    fn field_ids_are_given_level_by_level_and_everything_follows_them() {
        let schema = read(&json!({"type": "struct", "schema-id": 5, "identifier-field-ids": [40], "fields": [
            {"id": 10, "name": "m", "required": false, "type": {"type": "map", "key-id": 11, "key": "string", "value-id": 12,
                "value": {"type": "struct", "fields": [{"id": 13, "name": "x", "required": false, "type": "int"}]},
                "value-required": false}},
            {"id": 20, "name": "l", "required": false, "type": {"type": "list", "element-id": 21, "element-required": false,
                "element": {"type": "struct", "fields": [{"id": 22, "name": "y", "required": false, "type": "int"}]}}},
            {"id": 30, "name": "s", "required": false, "type": {"type": "struct", "fields": [
                {"id": 31, "name": "z", "required": false, "type": "timestamp", "doc": "d \u{1F680}", "x-kept": 1.0}]}},
            {"id": 40, "name": "id", "required": true, "type": "long", "doc": ""},
        ]}));
        let request = CreateTable {
            schema,
            partition_spec: spec(&json!([
                {"source-id": 31, "field-id": 1007, "transform": "day", "name": "z_day"},
                {"source-id": 40, "field-id": 1003, "transform": "bucket[4]", "name": "bucket"},
            ])),
            write_order: order(
                &json!([{"source-id": 40, "transform": "identity", "direction": "asc", "null-order": "nulls-last"}]),
            ),
            ..request(&[])
        };
        let made = made(request);
        assert_eq!(made["last-column-id"], 10);
        assert_eq!(
            made["schemas"],
            json!([{"type": "struct", "schema-id": 0, "identifier-field-ids": [4], "fields": [
                {"id": 1, "name": "m", "required": false, "type": {"type": "map", "key-id": 5, "key": "string", "value-id": 6,
                    "value": {"type": "struct", "fields": [{"id": 7, "name": "x", "required": false, "type": "int"}]},
                    "value-required": false}},
                {"id": 2, "name": "l", "required": false, "type": {"type": "list", "element-id": 8, "element-required": false,
                    "element": {"type": "struct", "fields": [{"id": 9, "name": "y", "required": false, "type": "int"}]}}},
                {"id": 3, "name": "s", "required": false, "type": {"type": "struct", "fields": [
                    {"id": 10, "name": "z", "required": false, "type": "timestamp", "doc": "d \u{1F680}", "x-kept": 1.0}]}},
                {"id": 4, "name": "id", "required": true, "type": "long", "doc": ""},
            ]}])
        );
        assert_eq!(
            made["partition-specs"],
            json!([{"spec-id": 0, "fields": [
                {"source-id": 10, "field-id": 1000, "transform": "day", "name": "z_day"},
                {"source-id": 4, "field-id": 1001, "transform": "bucket[4]", "name": "bucket"}]}])
        );
        assert_eq!(made["last-partition-id"], 1001);
        assert_eq!(made["default-sort-order-id"], 1);
        assert_eq!(made["sort-orders"][0]["order-id"], 1);
        assert_eq!(made["sort-orders"][0]["fields"][0]["source-id"], 4);
    }

    #[test]
    fn a_maps_key_and_value_get_their_ids_before_what_is_inside_them() {
        let part =
            |id: i32| json!({"type": "struct", "fields": [{"id": id, "name": "x", "required": false, "type": "int"}]});
        let map = |ids: [i32; 4]| json!({"type": "map", "key-id": ids[0], "key": part(ids[2]), "value-id": ids[1], "value": part(ids[3]), "value-required": true});
        let fields = |ids| json!([{"id": 1, "name": "m", "required": true, "type": map(ids)}]);
        let schema = read(&json!({"type": "struct", "fields": fields([30, 20, 10, 40])}));
        let made = made(CreateTable { schema, ..request(&[]) });
        assert_eq!(made["schemas"][0]["fields"], fields([2, 3, 4, 5]));
    }

    #[test]
    fn the_format_version_is_taken_from_the_properties_and_reserved_ones_are_not_stored() {
        let asked = [
            ("format-version", "1"),
            ("uuid", "x"),
            ("snapshot-count", "4"),
            ("current-snapshot-summary", "{}"),
            ("current-snapshot-id", "1"),
            ("current-snapshot-timestamp-ms", "1"),
            ("current-schema", "{}"),
            ("default-partition-spec", "[]"),
            ("default-sort-order", "[]"),
            ("write.parquet.compression-codec", "snappy"),
        ];
        let made = made(request(&asked));
        assert_eq!(made["format-version"], 1);
        assert_eq!(made["properties"], json!({"write.parquet.compression-codec": "snappy"}));
        assert_eq!(made["schema"], made["schemas"][0]);
        assert_eq!(made["partition-spec"], json!([]));
    }

    #[test]
    fn versions_that_are_not_served_are_refused() {
        for (version, expected) in [
            ("4", "Unsupported format version: v4 (supported: v3)"),
            ("0", "Unsupported format version: v0 (supported: v3)"),
            ("two", "Table property format-version must have integer value, not two"),
        ] {
            assert_eq!(refused(request(&[("format-version", version)])), expected);
        }
    }

    #[test]
    fn a_trailing_slash_of_the_location_is_cut() {
        let location = "s3://lake/t//".to_owned();
        assert_eq!(made(CreateTable { location, ..request(&[]) })["location"], "s3://lake/t");
    }

    #[test]
    fn specs_that_make_no_sense_are_refused() {
        let field = |source: i32, transform: &str, name: &str| json!({"source-id": source, "transform": transform, "name": name});
        for (fields, expected) in [
            (json!([field(99, "identity", "a")]), "Cannot find source column for partition field: a: identity(99)"),
            (
                json!([field(4, "identity", "a")]),
                "Cannot partition by non-primitive source field: struct<6: city: optional string>",
            ),
            (json!([field(3, "day", "a")]), "Unsupported type: string"),
            (json!([field(7, "identity", "a")]), "Invalid partition field parent: list<string>"),
            (json!([field(1, "zorder", "a")]), "Cannot partition by unknown transform: zorder"),
            (json!([field(1, "identity", "")]), "Invalid column name: (empty)"),
            (json!([field(1, "identity", "a"), field(2, "day", "a")]), "Cannot use partition name more than once: a"),
            (
                json!([field(1, "identity", "name")]),
                "Cannot create identity partition sourced from different field in schema: name",
            ),
        ] {
            assert_eq!(refused(CreateTable { partition_spec: spec(&fields), ..request(&[]) }), expected);
        }
    }

    #[test]
    fn orders_that_make_no_sense_are_refused() {
        let field = |source: i32, transform: &str| json!([{"source-id": source, "transform": transform, "direction": "desc", "null-order": "nulls-first"}]);
        for (fields, expected) in [
            (field(99, "identity"), "Cannot find source column for sort field: identity(99) DESC NULLS FIRST"),
            (field(4, "identity"), "Cannot sort by non-primitive source field: struct<6: city: optional string>"),
            (field(1, "hour"), "Unsupported type: long"),
            (field(1, "zorder"), "Cannot sort by unknown transform: zorder"),
        ] {
            assert_eq!(refused(CreateTable { write_order: order(&fields), ..request(&[]) }), expected);
        }
    }

    #[test]
    fn types_and_defaults_of_v3_are_refused_in_v2() {
        let schema = read(&json!({"type": "struct", "fields": [
            {"id": 1, "name": "v", "required": false, "type": "variant"},
            {"id": 2, "name": "d", "required": false, "type": "int", "initial-default": 4},
        ]}));
        assert_eq!(
            refused(CreateTable { schema, ..request(&[]) }),
            "Invalid schema for v2:\n- Invalid type for v: variant is not supported until v3\n\
             - Invalid initial default for d: non-null default (4) is not supported until v3"
        );
    }

    #[test]
    fn properties_that_no_writer_can_obey_are_refused() {
        for (key, value, expected) in [
            ("commit.retry.num-retries", "x", "Table property commit.retry.num-retries must have integer value"),
            (
                "commit.retry.min-wait-ms",
                "-1",
                "Table property commit.retry.min-wait-ms must have non negative integer value",
            ),
            (
                "write.metadata.previous-versions-max",
                "many",
                "Table property write.metadata.previous-versions-max must have integer value",
            ),
            (
                "write.metadata.metrics.column.nope",
                "full",
                "Invalid metrics config, could not find column nope from table prop \
                 write.metadata.metrics.column.nope in schema",
            ),
        ] {
            assert_eq!(refused(request(&[(key, value)])), expected);
        }
        let fine = properties(&[("write.metadata.metrics.column.place.city", "full")]);
        assert!(create(CreateTable { properties: fine, ..request(&[]) }, NOW).is_ok());
    }

    #[test]
    fn a_schema_with_ids_used_twice_is_refused() {
        let mut schema = schema();
        schema.fields[1].id = 1;
        assert_eq!(
            refused(CreateTable { schema, ..request(&[]) }),
            "Invalid schema: multiple fields for id 1: id and ts"
        );
    }
}
