//! Look-ups by id and by full name, and the rules that a new schema must meet.

use std::collections::HashMap;
use std::fmt;

use crate::error::{ApplyError, invalid};
use crate::limits;
use crate::schema::Schema;
use crate::types::{Field, PrimitiveType, Type};

/// Full names repeat the names around them: a small hostile schema could make them take any memory.
const MAX_NAME_BYTES: usize = 16 * 1024 * 1024;

/// A schema's fields by id and by full name (`a.b`, `list.element`, `map.key`, `map.value`).
pub(crate) struct SchemaIndex<'a> {
    nodes: Vec<Node<'a>>,
    by_id: HashMap<i32, usize>,
    by_name: HashMap<String, usize>,
    name_bytes: usize,
}

/// One field, element, key or value.
pub(crate) struct Node<'a> {
    pub(crate) id: i32,
    pub(crate) name: String,
    /// Without the names around it.
    pub(super) own_name: &'a str,
    pub(crate) field_type: &'a Type,
    pub(super) required: bool,
    parent: Option<usize>,
    pub(super) field: Option<&'a Field>,
}

impl<'a> SchemaIndex<'a> {
    /// Fails on ids or names that are used twice and on identifier fields that cannot identify.
    pub(crate) fn new(schema: &'a Schema) -> Result<Self, ApplyError> {
        let mut index = Self { nodes: Vec::new(), by_id: HashMap::new(), by_name: HashMap::new(), name_bytes: 0 };
        index.add_fields(&schema.fields, None)?;
        for id in &schema.identifier_field_ids {
            index.check_identifier(*id)?;
        }
        Ok(index)
    }

    pub(crate) fn by_id(&self, id: i32) -> Option<&Node<'a>> {
        self.nodes.get(*self.by_id.get(&id)?)
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&Node<'a>> {
        self.nodes.get(*self.by_name.get(name)?)
    }

    /// The nodes around `node`, innermost first.
    pub(crate) fn ancestors<'s>(&'s self, node: &'s Node<'a>) -> impl Iterator<Item = &'s Node<'a>> {
        std::iter::successors(node.parent.and_then(|parent| self.nodes.get(parent)), |node| {
            node.parent.and_then(|parent| self.nodes.get(parent))
        })
    }

    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    fn add_fields(&mut self, fields: &'a [Field], parent: Option<usize>) -> Result<(), ApplyError> {
        for field in fields {
            let Field { id, name, required, field_type, .. } = field;
            self.add(Part { id: *id, name, required: *required, field_type, field: Some(field) }, parent)?;
        }
        Ok(())
    }

    fn add(&mut self, part: Part<'a>, parent: Option<usize>) -> Result<(), ApplyError> {
        let Part { id, name: own_name, required, field_type, field } = part;
        let name = match parent.and_then(|parent| self.nodes.get(parent)) {
            Some(parent) => format!("{}.{own_name}", parent.name),
            None => own_name.to_owned(),
        };
        self.name_bytes += name.len();
        if self.name_bytes > MAX_NAME_BYTES {
            return invalid(format!("Invalid schema: full names of its fields take more than {MAX_NAME_BYTES} bytes"));
        }
        let position = self.nodes.len();
        limits::check_schema_fields(position + 1)?;
        if let Some(other) = self.by_id.insert(id, position).and_then(|other| self.nodes.get(other)) {
            return invalid(format!("Invalid schema: multiple fields for id {id}: {} and {name}", other.name));
        }
        if let Some(other) = self.by_name.insert(name.clone(), position).and_then(|other| self.nodes.get(other)) {
            return invalid(format!("Invalid schema: multiple fields for name {name}: {} and {id}", other.id));
        }
        self.nodes.push(Node { id, name, own_name, field_type, required, parent, field });
        self.add_parts(field_type, position)
    }

    fn add_parts(&mut self, field_type: &'a Type, parent: usize) -> Result<(), ApplyError> {
        let parent = Some(parent);
        match field_type {
            Type::Primitive(_) => Ok(()),
            Type::Struct(fields) => self.add_fields(&fields.fields, parent),
            Type::List(list) => {
                self.add(Part::new(list.element_id, "element", list.element_required, &list.element), parent)
            }
            Type::Map(map) => {
                self.add(Part::new(map.key_id, "key", true, &map.key), parent)?;
                self.add(Part::new(map.value_id, "value", map.value_required, &map.value), parent)
            }
        }
    }

    fn check_identifier(&self, id: i32) -> Result<(), ApplyError> {
        let Some(node) = self.by_id(id) else {
            return invalid(format!("Cannot add fieldId {id} as an identifier field: field does not exist"));
        };
        let name = node.own_name;
        let refuse = |reason: String| invalid(format!("Cannot add field {name} as an identifier field: {reason}"));
        match node.field_type {
            Type::Primitive(PrimitiveType::Float | PrimitiveType::Double) => {
                return refuse("must not be float or double field".to_owned());
            }
            field_type if field_type.is_primitive() => {}
            _ => return refuse("not a primitive type field".to_owned()),
        }
        if !node.required {
            return refuse("not a required field".to_owned());
        }
        for ancestor in self.ancestors(node) {
            if !matches!(ancestor.field_type, Type::Struct(_)) {
                return refuse(format!("must not be nested in {ancestor}"));
            }
            if !ancestor.required {
                return refuse(format!("must not be nested in an optional field {ancestor}"));
            }
        }
        Ok(())
    }
}

/// As [`Field`] is printed.
impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            return field.fmt(f);
        }
        let required = if self.required { "required" } else { "optional" };
        write!(f, "{}: {}: {required} {}", self.id, self.own_name, self.field_type)
    }
}

#[derive(Clone, Copy)]
struct Part<'a> {
    id: i32,
    name: &'a str,
    required: bool,
    field_type: &'a Type,
    field: Option<&'a Field>,
}

impl<'a> Part<'a> {
    fn new(id: i32, name: &'a str, required: bool, field_type: &'a Type) -> Self {
        Self { id, name, required, field_type, field: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::SchemaIndex;
    use crate::Schema;
    use crate::fixture::{read, schema};

    fn refused(schema: &Schema) -> String {
        SchemaIndex::new(schema).err().unwrap().to_string()
    }

    fn with(fields: &Value, identifiers: &[i32]) -> Schema {
        read(&json!({"type": "struct", "fields": fields, "identifier-field-ids": identifiers}))
    }

    #[test]
    fn nested_fields_are_found_by_full_name() {
        let schema = schema();
        let index = SchemaIndex::new(&schema).unwrap();
        for (name, id) in [("id", 1), ("place", 4), ("place.city", 6), ("tags.element", 7)] {
            assert_eq!(index.by_name(name).map(|node| node.id), Some(id));
            assert_eq!(index.by_id(id).map(|node| node.name.as_str()), Some(name));
        }
        let city = index.by_id(6).unwrap();
        assert_eq!(index.ancestors(city).map(|node| node.id).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn ids_and_names_are_used_once() {
        let twice = with(
            &json!([{"id": 1, "name": "a", "required": true, "type": "int"}, {"id": 1, "name": "b", "required": true, "type": "int"}]),
            &[],
        );
        assert_eq!(refused(&twice), "Invalid schema: multiple fields for id 1: a and b");
        let twice = with(
            &json!([
                {"id": 1, "name": "a.b", "required": true, "type": "int"},
                {"id": 2, "name": "a", "required": true, "type": {"type": "struct", "fields": [
                    {"id": 3, "name": "b", "required": true, "type": "int"}]}},
            ]),
            &[],
        );
        assert_eq!(refused(&twice), "Invalid schema: multiple fields for name a.b: 1 and 3");
    }

    #[test]
    fn identifier_fields_identify() {
        let fields = json!([
            {"id": 1, "name": "id", "required": true, "type": "long"},
            {"id": 2, "name": "maybe", "required": false, "type": "long"},
            {"id": 3, "name": "ratio", "required": true, "type": "double"},
            {"id": 4, "name": "in", "required": true, "type": {"type": "struct", "fields": [
                {"id": 5, "name": "id", "required": true, "type": "long"}]}},
            {"id": 6, "name": "opt", "required": false, "type": {"type": "struct", "fields": [
                {"id": 7, "name": "id", "required": true, "type": "long"}]}},
            {"id": 8, "name": "list", "required": true, "type":
                {"type": "list", "element-id": 9, "element": "long", "element-required": true}},
        ]);
        assert!(SchemaIndex::new(&with(&fields, &[1, 5])).is_ok());
        for (id, expected) in [
            (2, "Cannot add field maybe as an identifier field: not a required field"),
            (3, "Cannot add field ratio as an identifier field: must not be float or double field"),
            (4, "Cannot add field in as an identifier field: not a primitive type field"),
            (
                7,
                "Cannot add field id as an identifier field: must not be nested in an optional field 6: opt: optional struct<7: id: required long>",
            ),
            (9, "Cannot add field element as an identifier field: must not be nested in 8: list: required list<long>"),
            (10, "Cannot add fieldId 10 as an identifier field: field does not exist"),
        ] {
            assert_eq!(refused(&with(&fields, &[id])), expected);
        }
    }

    #[test]
    fn long_names_around_many_fields_are_refused_before_they_fill_the_memory() {
        let inner: Vec<Value> =
            (2..20_000).map(|id| json!({"id": id, "name": id.to_string(), "required": true, "type": "int"})).collect();
        let schema = with(
            &json!([{"id": 1, "name": "n".repeat(1_000), "required": true, "type": {"type": "struct", "fields": inner}}]),
            &[],
        );
        assert!(refused(&schema).contains("full names of its fields take more than"));
    }
}
