//! The CEL rules of a schema.

use kube::core::cel::Validator;
use serde_json::Value;

use super::FieldError;

/// Runs every rule on an object with defaults; with `old` the transition rules, too.
pub(super) fn check(schema: &Value, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
    match Validator::new().validate(schema, object, old) {
        Ok(()) => Vec::new(),
        Err(errors) => {
            errors.into_iter().map(|error| FieldError { field: error.field_path, message: error.message }).collect()
        }
    }
}
