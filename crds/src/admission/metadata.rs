//! The parts of a resource that no schema describes: its head and its metadata.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

use super::FieldError;

const HEAD: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];

const METADATA: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

pub(super) fn check(object: &Value) -> Vec<FieldError> {
    let mut errors = unknown(object, "", &HEAD);
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    errors.extend(unknown(metadata, "metadata", &METADATA));
    match ObjectMeta::deserialize(metadata) {
        Ok(metadata) => errors.extend(name(&metadata)),
        Err(error) => errors.push(FieldError::new("metadata", error.to_string())),
    }
    errors
}

fn unknown(value: &Value, path: &str, known: &[&str]) -> Vec<FieldError> {
    let names = value.as_object().into_iter().flat_map(|fields| fields.keys());
    names.filter(|name| !known.contains(&name.as_str())).map(|name| unknown_field(path, name, known)).collect()
}

/// The error about a field that nothing would read, usually a slip of the pen or of the indentation.
pub(super) fn unknown_field(path: &str, name: &str, known: &[&str]) -> FieldError {
    let field = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
    FieldError::new(&field, format!("unknown field {field:?}, known here: {}", known.join(", ")))
}

fn name(metadata: &ObjectMeta) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let labels = metadata.name.iter().flat_map(|name| name.split('.'));
    match metadata.name.as_deref() {
        None | Some("") => errors.push(FieldError::new("metadata.name", "Required value: name is required")),
        Some(name) if name.len() <= 253 && labels.clone().all(is_label) => {}
        Some(_) => errors.push(FieldError::new("metadata.name", SUBDOMAIN)),
    }
    if !metadata.namespace.as_deref().is_none_or(|namespace| namespace.len() <= 63 && is_label(namespace)) {
        errors.push(FieldError::new("metadata.namespace", LABEL));
    }
    errors
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character";

fn is_label(label: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = label.as_bytes();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}
