//! What a new schema must be so that every reader of the table can read it.

use crate::error::{ApplyError, invalid};
use crate::schema::SchemaIndex;
use crate::schema::index::Node;
use crate::types::{PrimitiveType, Type, check_default};

/// The first format version with default values.
const DEFAULTS_SINCE: u8 = 3;

impl SchemaIndex<'_> {
    /// Refuses types and defaults that `format_version` does not have, and those that no version has.
    pub(crate) fn check_new(&self, format_version: u8) -> Result<(), ApplyError> {
        self.nodes().iter().try_for_each(Node::check_new)?;
        self.check_version(format_version)
    }

    fn check_version(&self, format_version: u8) -> Result<(), ApplyError> {
        let types = self.nodes().iter().filter_map(|node| node.type_too_new_for(format_version));
        let defaults = self.nodes().iter().filter_map(|node| node.default_too_new_for(format_version));
        let problems: Vec<String> = types.chain(defaults).collect();
        if problems.is_empty() {
            return Ok(());
        }
        invalid(format!("Invalid schema for v{format_version}:\n- {}", problems.join("\n- ")))
    }
}

impl Node<'_> {
    fn type_too_new_for(&self, version: u8) -> Option<String> {
        let Type::Primitive(primitive) = self.field_type else { return None };
        let (name, since) = (&self.name, primitive.since());
        (since > version).then(|| format!("Invalid type for {name}: {primitive} is not supported until v{since}"))
    }

    fn default_too_new_for(&self, version: u8) -> Option<String> {
        let default = self.field?.initial_default.as_ref()?.as_str();
        // A text is shown without its quotes.
        let default = serde_json::from_str(default).unwrap_or_else(|_| default.to_owned());
        let name = &self.name;
        (version < DEFAULTS_SINCE).then(|| {
            format!(
                "Invalid initial default for {name}: non-null default ({default}) is not supported until \
                 v{DEFAULTS_SINCE}"
            )
        })
    }

    fn check_new(&self) -> Result<(), ApplyError> {
        if self.required && *self.field_type == Type::Primitive(PrimitiveType::Unknown) {
            return invalid(format!("Cannot create required field with unknown type: {}", self.own_name));
        }
        let Some(field) = self.field else { return Ok(()) };
        for default in [&field.initial_default, &field.write_default].into_iter().flatten() {
            check_default(self.field_type, default).map_err(ApplyError::Invalid)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::SchemaIndex;
    use crate::fixture::read;

    fn verdict(field: &Value, format_version: u8) -> Result<(), String> {
        let schema = read(&json!({"type": "struct", "fields": [field]}));
        SchemaIndex::new(&schema).unwrap().check_new(format_version).map_err(|error| error.to_string())
    }

    fn optional(field_type: &Value) -> Value {
        json!({"id": 1, "name": "f", "required": false, "type": field_type})
    }

    #[test]
    fn types_have_a_first_version() {
        for name in ["timestamp_ns", "timestamptz_ns", "unknown", "variant", "geometry", "geography(EPSG:1)"] {
            let expected = format!("Invalid schema for v2:\n- Invalid type for f: {name} is not supported until v3");
            assert_eq!(verdict(&optional(&name.into()), 2), Err(expected));
            assert_eq!(verdict(&optional(&name.into()), 3), Ok(()));
            let list = json!({"type": "list", "element-id": 2, "element": name, "element-required": false});
            assert!(verdict(&optional(&list), 2).unwrap_err().contains("Invalid type for f.element"));
        }
    }

    #[test]
    fn what_is_always_null_cannot_be_required() {
        let mut field = optional(&"unknown".into());
        field["required"] = true.into();
        assert_eq!(verdict(&field, 3), Err("Cannot create required field with unknown type: f".to_owned()));
        let map = json!({"type": "map", "key-id": 2, "key": "unknown", "value-id": 3, "value": "int", "value-required": false});
        assert_eq!(verdict(&optional(&map), 3), Err("Cannot create required field with unknown type: key".to_owned()));
    }

    #[test]
    fn defaults_are_of_v3_and_fit_their_type() {
        let mut field = optional(&"int".into());
        field["initial-default"] = 4.into();
        field["write-default"] = 5.into();
        assert_eq!(verdict(&field, 3), Ok(()));
        assert_eq!(
            verdict(&field, 2).unwrap_err(),
            "Invalid schema for v2:\n- Invalid initial default for f: non-null default (4) is not supported until v3"
        );
        field["write-default"] = "5".into();
        assert_eq!(verdict(&field, 3).unwrap_err(), "Cannot parse default as a int value: \"5\"");
        field["write-default"] = Value::Null;
        field["type"] = "variant".into();
        assert_eq!(verdict(&field, 3).unwrap_err(), "Invalid default value for variant: 4 (must be null)");
    }
}
