//! Parameters of the path and of the query.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::operation::{Operation, of as schema_of};
use crate::PageQuery;

/// All parameters of an operation, in the order of the path, then of the types.
pub(super) fn of(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let path = names(operation.path).map(|name| {
        let schema = match name {
            "revision" => json!({"type": "integer", "format": "int64"}),
            "commit" => json!({"type": "string", "format": "uuid"}),
            _ => json!({"type": "string"}),
        };
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let mut all: Vec<Value> = path.collect();
    if let Some(query) = operation.query {
        let paging = fields(schema_of::<PageQuery>(generator).as_value());
        all.extend(fields(query(generator).as_value()).into_iter().map(|field| same_as_in(&paging, field)));
    }
    all
}

/// The header by which a request that comes again is known.
pub(super) fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "description": "A UUID of version 7. A request that comes again under it is answered as before, for 30 minutes.",
        "schema": {"type": "string", "format": "uuid"},
    })
}

/// What every list has is described in one place.
fn same_as_in(paging: &[Value], field: Value) -> Value {
    paging.iter().find(|one| one["name"] == field["name"]).cloned().unwrap_or(field)
}

/// What stands in braces.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// A parameter for each field of an object.
fn fields(schema: &Value) -> Vec<Value> {
    let is_required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let parameters = properties.map(|(name, field)| {
        let mut parameter = json!({"name": name, "in": "query", "required": is_required(name)});
        let mut field = field.as_object().cloned().unwrap_or_default();
        if let Some(description) = field.remove("description") {
            parameter["description"] = description;
        }
        parameter["schema"] = Value::Object(without_null(field));
        parameter
    });
    parameters.collect()
}

/// An address knows no null: a parameter is there or not.
fn without_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    schema.remove("default");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(one)] = choices.as_slice() {
            return one.clone();
        }
    }
    schema
}
