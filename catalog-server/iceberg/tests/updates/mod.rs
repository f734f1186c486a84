//! Random updates of a table, for whoever applies them: the properties here, and the oracle beside.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Updates that are well-formed and often fit together.
pub(crate) fn any_update() -> impl Strategy<Value = Value> {
    let id = || -1_i32..4;
    let reference = || prop::sample::select(vec!["main", "dev", "audit"]);
    let snapshot = || 1_i64..12;
    prop_oneof![
        (0_i32..4, prop::sample::select(vec!["int", "string", "variant"])).prop_map(|(field, kind)| json!({
            "action": "add-schema", "schema": {"type": "struct", "fields": [
                {"id": 1, "name": "order_id", "required": true, "type": "long"},
                {"id": 2, "name": "placed_at", "required": false, "type": "timestamptz"},
                {"id": 12 + field, "name": format!("f{field}"), "required": false, "type": kind}]}})),
        id().prop_map(|id| json!({"action": "set-current-schema", "schema-id": id})),
        vec((1_i32..3, prop::sample::select(vec!["identity", "day", "bucket[4]", "void"])), 0..3).prop_map(|fields| {
            let fields: Vec<Value> = fields
                .into_iter()
                .map(|(source, transform)| json!({"source-id": source, "transform": transform, "name": format!("p{source}{transform}")}))
                .collect();
            json!({"action": "add-spec", "spec": {"fields": fields}})
        }),
        id().prop_map(|id| json!({"action": "set-default-spec", "spec-id": id})),
        vec(1_i32..4, 0..3).prop_map(|sources| {
            let fields: Vec<Value> = sources
                .into_iter()
                .map(|id| json!({"source-id": id, "transform": "identity", "direction": "asc", "null-order": "nulls-first"}))
                .collect();
            let id = i32::from(!fields.is_empty());
            json!({"action": "add-sort-order", "sort-order": {"order-id": id, "fields": fields}})
        }),
        id().prop_map(|id| json!({"action": "set-default-sort-order", "sort-order-id": id})),
        (snapshot(), 0_i64..20, any::<bool>(), -100_000_i64..100_000, 0_i64..30).prop_map(|(id, number, orphan, offset, rows)| json!({
            "action": "add-snapshot", "snapshot": {
                "snapshot-id": id, "sequence-number": number, "parent-snapshot-id": if orphan { Value::Null } else { 1.into() },
                "timestamp-ms": 1_795_469_700_000_i64 + offset, "manifest-list": "s3://l", "summary": {"operation": "append"},
                "first-row-id": rows, "added-rows": rows % 4}})),
        (reference(), snapshot(), prop::sample::select(vec!["branch", "tag"])).prop_map(|(name, id, kind)| json!({
            "action": "set-snapshot-ref", "ref-name": name, "type": kind, "snapshot-id": id})),
        vec(snapshot(), 0..3).prop_map(|ids| json!({"action": "remove-snapshots", "snapshot-ids": ids})),
        reference().prop_map(|name| json!({"action": "remove-snapshot-ref", "ref-name": name})),
        (0_u8..4).prop_map(|max| json!({
            "action": "set-properties", "updates": {"write.metadata.previous-versions-max": max.to_string()}})),
        Just(json!({"action": "remove-properties", "removals": ["write.metadata.previous-versions-max"]})),
        vec(0_i32..4, 0..3).prop_map(|ids| json!({"action": "remove-schemas", "schema-ids": ids})),
        vec(0_i32..4, 0..3).prop_map(|ids| json!({"action": "remove-partition-specs", "spec-ids": ids})),
        snapshot().prop_map(|id| json!({"action": "set-partition-statistics", "partition-statistics":
            {"snapshot-id": id, "statistics-path": "s", "file-size-in-bytes": 1}})),
        (1_u8..4).prop_map(|version| json!({"action": "upgrade-format-version", "format-version": version})),
        (0_u8..3).prop_map(|id| json!({"action": "add-encryption-key", "encryption-key":
            {"key-id": id.to_string(), "encrypted-key-metadata": "AAAA"}})),
        (0_u8..3).prop_map(|id| json!({"action": "remove-encryption-key", "key-id": id.to_string()})),
    ]
}
