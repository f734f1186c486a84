//! Look-ups by id and by full name, and the rules that a new schema must meet.

use std::collections::HashMap;

use crate::error::{ApplyError, invalid};
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
    pub(crate) field_type: &'a Type,
    required: bool,
    parent: Option<usize>,
    field: Option<&'a Field>,
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

    /// One line for each thing that needs a later version of the format.
    pub(super) fn too_new_for(&self, version: u8) -> impl Iterator<Item = String> {
        let types = self.nodes.iter().filter_map(move |node| {
            let Type::Primitive(primitive) = node.field_type else { return None };
            let since = primitive.since();
            let name = &node.name;
            (since > version).then(|| format!("Invalid type for {name}: {primitive} is not supported until v{since}"))
        });
        let defaults = self.nodes.iter().filter_map(move |node| {
            let default = node.field?.initial_default.as_ref()?.as_str();
            let name = &node.name;
            (version < 3).then(|| {
                format!("Invalid initial default for {name}: non-null default ({default}) is not supported until v3")
            })
        });
        types.chain(defaults)
    }

    fn add_fields(&mut self, fields: &'a [Field], parent: Option<usize>) -> Result<(), ApplyError> {
        for field in fields {
            let Field { id, name, required, field_type, .. } = field;
            self.add(Part { id: *id, name, required: *required, field_type, field: Some(field) }, parent)?;
        }
        Ok(())
    }

    fn add(&mut self, part: Part<'a>, parent: Option<usize>) -> Result<(), ApplyError> {
        let Part { id, name, required, field_type, field } = part;
        let name = match parent.and_then(|parent| self.nodes.get(parent)) {
            Some(parent) => format!("{}.{name}", parent.name),
            None => name.to_owned(),
        };
        self.name_bytes += name.len();
        if self.name_bytes > MAX_NAME_BYTES {
            return invalid(format!("Invalid schema: full names of its fields take more than {MAX_NAME_BYTES} bytes"));
        }
        let position = self.nodes.len();
        if let Some(other) = self.by_id.insert(id, position).and_then(|other| self.nodes.get(other)) {
            return invalid(format!("Invalid schema: multiple fields for id {id}: {} and {name}", other.name));
        }
        if let Some(other) = self.by_name.insert(name.clone(), position).and_then(|other| self.nodes.get(other)) {
            return invalid(format!("Invalid schema: multiple fields for name {name}: {} and {id}", other.id));
        }
        self.nodes.push(Node { id, name, field_type, required, parent, field });
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
        let name = &node.name;
        let refuse = |reason: String| invalid(format!("Cannot add field {name} as an identifier field: {reason}"));
        match node.field_type {
            Type::Primitive(PrimitiveType::Float | PrimitiveType::Double) => {
                return refuse("must not be float or double field".to_owned());
            }
            Type::Primitive(_) => {}
            _ => return refuse("not a primitive type field".to_owned()),
        }
        if !node.required {
            return refuse("not a required field".to_owned());
        }
        for ancestor in self.ancestors(node) {
            if !matches!(ancestor.field_type, Type::Struct(_)) {
                return refuse(format!("must not be nested in {}", ancestor.name));
            }
            if !ancestor.required {
                return refuse(format!("must not be nested in an optional field {}", ancestor.name));
            }
        }
        Ok(())
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
