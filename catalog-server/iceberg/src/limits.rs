//! What one request may carry. Beyond the server's limit on bodies these keep a request from costing more than its
//! size, and from writing a document that other readers refuse: the Java library's parser has limits of its own, and a
//! document beyond them would lock everybody else out of the table.

use crate::error::{ApplyError, ParseError, invalid};
use crate::properties::Properties;

/// Updates, or requirements, in one commit. Each update may look at every snapshot or ref; clients that expire
/// snapshots send one for each.
pub const MAX_UPDATES: usize = 20_000;
/// Schemas, specs, orders and view versions added in one commit: each is compared with all others.
pub(crate) const MAX_LAYOUT_UPDATES: usize = 1_000;
/// Objects and arrays around one another (the Java library: 1,000).
const MAX_NESTING: usize = 500;
/// Digits of a number (the Java library: 1,000).
const MAX_NUMBER_BYTES: usize = 1_000;
/// Bytes of a key (the Java library: 50,000 characters).
const MAX_KEY_BYTES: usize = 50_000;
/// Fields, elements, keys and values of a schema.
const MAX_SCHEMA_FIELDS: usize = 50_000;
/// Fields of a partition spec or a sort order.
const MAX_LAYOUT_FIELDS: usize = 1_000;
/// Branches and tags of a table.
const MAX_REFS: usize = 10_000;
/// Properties of a table or view.
const MAX_PROPERTIES: usize = 10_000;
/// Bytes of a property's value.
const MAX_PROPERTY_BYTES: usize = 1024 * 1024;

/// Refuses a part of a request, which is JSON, whose shape no reader could be expected to take.
pub(crate) fn check_shape(text: &str) -> Result<(), ParseError> {
    let fail = |reason: String| Err(ParseError::new("request", reason));
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                at += count(bytes, at, |byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            }
            _ => {}
        }
        let length = at - start;
        if depth > MAX_NESTING {
            return fail(format!("it is nested deeper than {MAX_NESTING}"));
        }
        if *byte != b'"' && length > MAX_NUMBER_BYTES {
            return fail(format!("it has a number of {length} characters: the limit is {MAX_NUMBER_BYTES}"));
        }
        if *byte == b'"' && length > MAX_KEY_BYTES && is_key(bytes, at) {
            return fail(format!("it has a key of {length} bytes: the limit is {MAX_KEY_BYTES}"));
        }
    }
    Ok(())
}

/// Behind the closing quote of the string that begins before `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            None => return at,
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

fn is_key(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + count(bytes, at, |byte| byte.is_ascii_whitespace())) == Some(&b':')
}

fn count(bytes: &[u8], at: usize, holds: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(at).take_while(|byte| holds(**byte)).count()
}

pub(crate) fn check_updates(updates: usize, layout_updates: usize) -> Result<(), ApplyError> {
    at_most(MAX_UPDATES, updates, |limit| format!("Cannot apply {updates} updates at once: the limit is {limit}"))?;
    at_most(MAX_LAYOUT_UPDATES, layout_updates, |limit| {
        format!(
            "Cannot add {layout_updates} schemas, specs, sort orders or view versions at once: the limit is {limit}"
        )
    })
}

pub(crate) fn check_schema_fields(fields: usize) -> Result<(), ApplyError> {
    at_most(MAX_SCHEMA_FIELDS, fields, |limit| format!("Invalid schema: it has more than {limit} fields"))
}

pub(crate) fn check_layout_fields(what: &str, fields: usize) -> Result<(), ApplyError> {
    at_most(MAX_LAYOUT_FIELDS, fields, |limit| format!("Invalid {what}: it has {fields} fields, the limit is {limit}"))
}

pub(crate) fn check_refs(refs: usize) -> Result<(), ApplyError> {
    at_most(MAX_REFS, refs, |limit| format!("Cannot add another branch or tag: the limit is {limit}"))
}

/// The limits on what a table or view stores; `changes` are what the request brings.
pub(crate) fn check_properties(stored: &Properties, changes: &Properties) -> Result<(), ApplyError> {
    for (key, value) in changes {
        at_most(MAX_KEY_BYTES, key.len(), |limit| {
            format!("Cannot set a property with a name of {} bytes: the limit is {limit}", key.len())
        })?;
        at_most(MAX_PROPERTY_BYTES, value.len(), |limit| {
            format!("Cannot set property {key} to {} bytes: the limit is {limit}", value.len())
        })?;
    }
    let count = stored.len();
    // Whoever has more from elsewhere can still remove some.
    let limit = if changes.is_empty() { usize::MAX } else { MAX_PROPERTIES };
    at_most(limit, count, |limit| format!("Cannot store {count} properties: the limit is {limit}"))
}

fn at_most(limit: usize, found: usize, message: impl FnOnce(usize) -> String) -> Result<(), ApplyError> {
    if found > limit { invalid(message(limit)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check_shape;
    use crate::fixture::{refused, run, set_ref, table, table_with_snapshots};
    use crate::view::fixture as views;
    use crate::{TableMetadata, Update, ViewUpdate};

    fn message(text: &str) -> Option<String> {
        check_shape(text).err().map(|error| error.to_string())
    }

    #[test]
    fn shapes_that_other_readers_refuse_are_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(message(&nested(500)), None);
        assert_eq!(message(&nested(501)).as_deref(), Some("cannot parse request: it is nested deeper than 500"));
        assert_eq!(message(&"[]".repeat(10_000)), None);
        assert_eq!(message(&format!("[{}, -0.5e+3]", "9".repeat(1_000))), None);
        assert_eq!(
            message(&format!("[{}]", "9".repeat(1_001))).as_deref(),
            Some("cannot parse request: it has a number of 1001 characters: the limit is 1000")
        );
        let key = |length: usize| format!("{{\"{}\" : \"{}\"}}", "k".repeat(length), "v".repeat(60_000));
        assert_eq!(message(&key(49_998)), None);
        assert_eq!(
            message(&key(50_000)).as_deref(),
            Some("cannot parse request: it has a key of 50002 bytes: the limit is 50000")
        );
        assert_eq!(message(r#"{"a\"]]": "}}\\", "b": "[[\\\""}"#), None);
        assert_eq!(message(&format!("\"{}\"", "[".repeat(1_000))), None);
        assert_eq!(message("\"\\"), None);
    }

    #[test]
    fn every_part_of_a_request_is_held_to_them() {
        let deep = format!("{}{}", "[".repeat(501), "]".repeat(501));
        let update = format!(r#"{{"action": "set-properties", "updates": {{}}, "x": {deep}}}"#);
        for error in [
            serde_json::from_str::<Update>(&update).unwrap_err(),
            serde_json::from_str::<ViewUpdate>(&update).unwrap_err(),
            serde_json::from_str::<crate::Requirement>(&update).unwrap_err(),
            serde_json::from_str::<crate::Schema>(&update).unwrap_err(),
            serde_json::from_str::<crate::ViewVersion>(&update).unwrap_err(),
        ] {
            assert!(error.to_string().contains("nested deeper than 500"), "{error}");
        }
    }

    #[test]
    fn too_many_updates_are_refused() {
        let update = json!({"action": "remove-snapshot-ref", "ref-name": "x"});
        let error = run(Some(&table()), &vec![update; 20_001]).unwrap_err();
        assert_eq!(error.to_string(), "Cannot apply 20001 updates at once: the limit is 20000");
        let update = json!({"action": "add-spec", "spec": {"fields": []}});
        let error = run(Some(&table()), &vec![update; 1_001]).unwrap_err();
        let expected = "Cannot add 1001 schemas, specs, sort orders or view versions at once: the limit is 1000";
        assert_eq!(error.to_string(), expected);
        let updates: Vec<Value> = (0..1_001).flat_map(|_| views::replace(2, &[("spark", "x")])).collect();
        assert_eq!(views::refused(&views::view(), &updates), expected);
    }

    #[test]
    fn wide_schemas_specs_and_orders_are_refused() {
        let fields: Vec<Value> = (1..=50_001)
            .map(|id| json!({"id": id, "name": id.to_string(), "required": false, "type": "int"}))
            .collect();
        let schema = json!({"action": "add-schema", "schema": {"type": "struct", "fields": fields}});
        assert_eq!(refused(&table(), &[schema]), "Invalid schema: it has more than 50000 fields");
        let field = |id: i32| json!({"source-id": 1, "transform": format!("bucket[{id}]"), "name": id.to_string()});
        let fields: Vec<Value> = (1..=1_001).map(field).collect();
        let spec = json!({"action": "add-spec", "spec": {"fields": fields}});
        assert_eq!(refused(&table(), &[spec]), "Invalid partition spec: it has 1001 fields, the limit is 1000");
        let field = json!({"source-id": 1, "transform": "identity", "direction": "asc", "null-order": "nulls-first"});
        let order = json!({"action": "add-sort-order", "sort-order": {"fields": vec![field; 1_001]}});
        assert_eq!(refused(&table(), &[order]), "Invalid sort order: it has 1001 fields, the limit is 1000");
    }

    #[test]
    fn too_many_refs_and_properties_are_refused() {
        let mut document: Value = serde_json::from_slice(&table_with_snapshots().to_bytes()).unwrap();
        let branch = json!({"type": "branch", "snapshot-id": 3});
        document["refs"] =
            (0..10_000).map(|number| (number.to_string(), branch.clone())).collect::<serde_json::Map<_, _>>().into();
        let full = TableMetadata::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(refused(&full, &[set_ref("x", 1)]), "Cannot add another branch or tag: the limit is 10000");
        let updates: Value =
            (0..10_001).map(|number| (number.to_string(), Value::from("x"))).collect::<serde_json::Map<_, _>>().into();
        let set = [json!({"action": "set-properties", "updates": updates})];
        assert_eq!(views::refused(&views::view(), &set), "Cannot store 10002 properties: the limit is 10000");
        assert_eq!(refused(&table(), &set), "Cannot store 10002 properties: the limit is 10000");
        let long = crate::fixture::properties(&[("k".repeat(50_001).as_str(), "x")]);
        assert_eq!(
            super::check_properties(&long, &long).unwrap_err().to_string(),
            "Cannot set a property with a name of 50001 bytes: the limit is 50000"
        );
        let set = [json!({"action": "set-properties", "updates": {"a": "x".repeat(1_048_577)}})];
        assert_eq!(refused(&table(), &set), "Cannot set property a to 1048577 bytes: the limit is 1048576");
        assert_eq!(
            views::refused(&views::view(), &set),
            "Cannot set property a to 1048577 bytes: the limit is 1048576"
        );
    }
}
