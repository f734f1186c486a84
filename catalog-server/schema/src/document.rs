//! The documents: the protocol's, read as [`crate::READING`] says, and that of the management API, which is made from
//! its types.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

const TEXT: &str = include_str!("../iceberg-rest-open-api.yaml");

/// An error as part of a body, and a whole one.
const ERROR: &str = "#/components/schemas/ErrorModel";
const ERROR_BODY: &str = "#/components/schemas/IcebergErrorResponse";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_saphyr::from_str(TEXT).unwrap_or_default();
    read_as_meant(&mut document);
    document
});

/// Those that were asked for, by the address of their schema: making one takes longer than many a request.
static VALIDATORS: Mutex<BTreeMap<usize, Arc<Validator>>> = Mutex::new(BTreeMap::new());

static MANAGEMENT: LazyLock<Value> = LazyLock::new(catalog_api::openapi::document);

/// The protocol's document as JSON.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Both documents; no path is in both.
pub(crate) fn documents() -> [&'static Value; 2] {
    [&DOCUMENT, &MANAGEMENT]
}

/// What a `$ref` leads to, with the pointer of that place; others are what they are, where they are.
pub(crate) fn resolve(
    document: &'static Value,
    place: String,
    value: &'static Value,
) -> (String, Option<&'static Value>) {
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => (pointer.to_owned(), document.pointer(pointer)),
        None => (place, Some(value)),
    }
}

/// JSON Schema 2020-12 is what OpenAPI 3.1 speaks. References lead into the document's components.
pub(crate) fn validator(document: &'static Value, schema: &'static Value) -> Result<Arc<Validator>, String> {
    let address = std::ptr::from_ref(schema).addr();
    let mut made = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = made.get(&address) {
        return Ok(Arc::clone(found));
    }
    let root = json!({"allOf": [schema], "components": {"schemas": document["components"]["schemas"]}});
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    let new = options.build(&root).map_err(|error| format!("the document's schema cannot be used: {error}"))?;
    Ok(Arc::clone(made.entry(address).or_insert(Arc::new(new))))
}

fn read_as_meant(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(read_as_meant),
        Value::Object(all) => {
            all.values_mut().for_each(read_as_meant);
            if let (Some(Value::Bool(true)), Some(name)) = (all.get("nullable"), all.get("type").cloned()) {
                all.insert("type".to_owned(), json!([name, "null"]));
            }
            if let Some(choices) = all.remove("oneOf") {
                all.insert("anyOf".to_owned(), choices);
            }
            if let Some(schema) = all.get_mut("schema").filter(|schema| schema["$ref"] == ERROR) {
                *schema = json!({"$ref": ERROR_BODY});
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
