//! The shape of an object: types, required and unknown fields, enums, sizes, ranges, lists without duplicates.
//!
//! It knows the keywords that the three schemas use; a test fails when a schema uses another one.

use serde_json::Value;

use super::FieldError;
use super::metadata::unknown_field;

/// Checks `spec` and below; the head of the object is checked elsewhere.
pub(super) fn check(schema: &Value, object: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    match object.get("spec") {
        Some(spec) => walk(&schema["properties"]["spec"], spec, "spec", &mut errors),
        None => errors.push(FieldError::new("spec", "Required value")),
    }
    errors
}

fn walk(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if let Some(message) = wrong_type(schema, value) {
        errors.push(FieldError::new(path, message));
        return;
    }
    errors.extend(wrong_value(schema, value).map(|message| FieldError::new(path, message)));
    match value {
        Value::Object(_) => fields(schema, value, path, errors),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&schema["items"], item, &format!("{path}[{index}]"), errors);
            }
            errors.extend(duplicates(schema, items, path));
        }
        _ => {}
    }
}

fn fields(schema: &Value, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required.filter(|name| value.get(name).is_none()) {
        errors.push(FieldError::new(&format!("{path}.{name}"), "Required value"));
    }
    let properties = schema["properties"].as_object();
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match properties.and_then(|known| known.get(name)).or_else(|| schema.get("additionalProperties")) {
            Some(schema) => walk(schema, value, &path, errors),
            None => errors.push(unknown(properties, &path)),
        }
    }
}

fn unknown(properties: Option<&serde_json::Map<String, Value>>, path: &str) -> FieldError {
    let known: Vec<_> = properties.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect();
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    unknown_field(parent, name, &known)
}

fn wrong_type(schema: &Value, value: &Value) -> Option<String> {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if schema["x-kubernetes-int-or-string"] == true {
        return (!["integer", "string"].contains(&actual))
            .then(|| format!("must be of type integer,string: {actual:?}"));
    }
    let wanted = schema["type"].as_str()?;
    (actual != wanted).then(|| format!("must be of type {wanted}: {actual:?}"))
}

fn wrong_value(schema: &Value, value: &Value) -> Option<String> {
    let limit = |keyword: &str| schema[keyword].as_f64();
    match value {
        Value::String(text) => wrong_text(schema, text),
        Value::Number(number) => {
            let number = number.as_f64()?;
            let low = limit("minimum").filter(|low| number < *low);
            let high = limit("maximum").filter(|high| number > *high);
            low.map(|low| format!("should be greater than or equal to {low}"))
                .or(high.map(|high| format!("should be less than or equal to {high}")))
        }
        Value::Array(items) => size(schema, ["minItems", "maxItems"], items.len()),
        Value::Object(fields) => size(schema, ["minProperties", "maxProperties"], fields.len()),
        _ => None,
    }
}

fn wrong_text(schema: &Value, text: &str) -> Option<String> {
    let length = text.chars().count();
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.iter().any(|one| one == text)) {
        let names: Vec<_> = allowed.iter().map(Value::to_string).collect();
        return Some(format!("Unsupported value: {text:?}: supported values: {}", names.join(", ")));
    }
    let long = limit(schema, "maxLength").filter(|limit| length > *limit);
    let short = limit(schema, "minLength").filter(|limit| length < *limit);
    long.map(|limit| format!("Too long: may not be more than {limit} bytes"))
        .or(short.map(|limit| format!("should be at least {limit} chars long")))
}

fn size(schema: &Value, [minimum, maximum]: [&str; 2], count: usize) -> Option<String> {
    let many = limit(schema, maximum).filter(|limit| count > *limit);
    let few = limit(schema, minimum).filter(|limit| count < *limit);
    many.map(|limit| format!("Too many: {count}: must have at most {limit} items"))
        .or(few.map(|limit| format!("should have at least {limit} items")))
}

fn limit(schema: &Value, keyword: &str) -> Option<usize> {
    schema[keyword].as_u64().and_then(|limit| usize::try_from(limit).ok())
}

fn duplicates(schema: &Value, items: &[Value], path: &str) -> Vec<FieldError> {
    let keys = schema["x-kubernetes-list-map-keys"].as_array();
    let identity = |item: &Value| match keys {
        Some(keys) => keys.iter().filter_map(Value::as_str).map(|key| item[key].clone()).collect(),
        None => vec![item.clone()],
    };
    if !["set", "map"].contains(&schema["x-kubernetes-list-type"].as_str().unwrap_or_default()) {
        return Vec::new();
    }
    let seen_before =
        |(index, item): &(usize, &Value)| items[..*index].iter().any(|one| identity(one) == identity(item));
    let error = |(index, item): (usize, &Value)| {
        FieldError::new(&format!("{path}[{index}]"), format!("Duplicate value: {item}"))
    };
    items.iter().enumerate().filter(seen_before).map(error).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the walk above, the CEL validator or the pruning handles, and what only describes.
    const KNOWN: [&str; 20] = [
        "additionalProperties",
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "properties",
        "required",
        "title",
        "type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-validations",
    ];

    #[test]
    fn the_schemas_use_no_keyword_that_is_not_checked_here() {
        for (name, definition) in crate::definitions() {
            let schema = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
            keywords(&schema["openAPIV3Schema"], name);
        }
    }

    fn keywords(schema: &Value, at: &str) {
        for keyword in schema.as_object().unwrap().keys() {
            let list = keyword.starts_with("x-kubernetes-list-");
            assert!(list || KNOWN.contains(&keyword.as_str()), "{keyword} in {at}");
        }
        assert!(!["date-time", "byte"].contains(&schema["format"].as_str().unwrap_or("")) || at.contains("status"));
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            keywords(property, &format!("{at}.{name}"));
        }
        for child in ["items", "additionalProperties"].into_iter().filter_map(|key| schema.get(key)) {
            keywords(child, at);
        }
    }
}
