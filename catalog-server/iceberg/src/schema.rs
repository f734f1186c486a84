//! A table's schema: a struct with an id and identifier fields.

use std::collections::HashSet;

use bytes::Bytes;

use crate::error::ParseError;
use crate::json::{Object, ObjectWriter, ReadJson, Unknown, WriteJson, serde_through_raw};
use crate::types::{Field, StructType, Type};

mod fresh;
mod index;
mod rules;

pub(crate) use fresh::FreshSchema;
pub(crate) use index::SchemaIndex;

/// A schema (spec, "Schemas").
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Unique in the table. 0 where a document or request names none.
    pub id: i32,
    /// The columns.
    pub fields: Vec<Field>,
    /// Ids of the fields that identify a row.
    pub identifier_field_ids: Vec<i32>,
    pub(crate) unknown: Unknown,
}

impl Schema {
    /// The highest field id anywhere in the schema, 0 if there is none.
    pub fn highest_field_id(&self) -> i32 {
        let mut highest = 0;
        for field in &self.fields {
            for_each_id(field, &mut |id| highest = highest.max(id));
        }
        highest
    }

    /// The same columns and identifiers; the schema's own id does not count.
    pub(crate) fn same_schema(&self, other: &Self) -> bool {
        let identifiers = |schema: &Self| schema.identifier_field_ids.iter().copied().collect::<HashSet<_>>();
        self.fields == other.fields && self.unknown == other.unknown && identifiers(self) == identifiers(other)
    }
}

fn for_each_id(field: &Field, visit: &mut impl FnMut(i32)) {
    visit(field.id);
    for_each_type_id(&field.field_type, visit);
}

fn for_each_type_id(field_type: &Type, visit: &mut impl FnMut(i32)) {
    match field_type {
        Type::Primitive(_) => {}
        Type::Struct(fields) => fields.fields.iter().for_each(|field| for_each_id(field, visit)),
        Type::List(list) => {
            visit(list.element_id);
            for_each_type_id(&list.element, visit);
        }
        Type::Map(map) => {
            visit(map.key_id);
            visit(map.value_id);
            for_each_type_id(&map.key, visit);
            for_each_type_id(&map.value, visit);
        }
    }
}

impl ReadJson for Schema {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "schema")?;
        let type_name: String = object.required("type")?;
        if type_name != "struct" {
            return object.fail(format!("type is {type_name}, not struct"));
        }
        let id = object.optional("schema-id")?.unwrap_or(0);
        let identifiers: Vec<i32> = object.optional("identifier-field-ids")?.unwrap_or_default();
        let mut seen = HashSet::new();
        let identifier_field_ids = identifiers.into_iter().filter(|id| seen.insert(*id)).collect();
        let StructType { fields, unknown } = StructType::read(source, object, 0)?;
        Ok(Self { id, fields, identifier_field_ids, unknown })
    }
}

impl WriteJson for Schema {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { id, fields, identifier_field_ids, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("type", "struct");
        object.field("schema-id", id);
        if !identifier_field_ids.is_empty() {
            object.field("identifier-field-ids", identifier_field_ids);
        }
        object.field("fields", fields);
        object.end(unknown);
    }
}

serde_through_raw!(Schema);
