//! An explicit null of a field that is not nullable is the same as no field.

use serde_json::Value;

/// Removes such nulls, before defaults take their place.
pub(super) fn nulls(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !(value.is_null() && schema["properties"].get(name).is_some()));
            for (name, value) in fields {
                let property = schema["properties"].get(name);
                if let Some(schema) = property.or_else(|| schema.get("additionalProperties")) {
                    nulls(schema, value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| nulls(&schema["items"], item)),
        _ => {}
    }
}
