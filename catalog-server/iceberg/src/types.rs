//! Iceberg's types (spec, "Schemas and Data Types") with the keys that each has in JSON.

use std::fmt;

use bytes::Bytes;

use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::json::{Object, ObjectWriter, RawJson, Unknown, WriteJson};

mod default;
mod iso;
mod primitive;

pub(crate) use default::check_default;
pub use primitive::PrimitiveType;

/// Nesting that no real schema reaches; bounds recursion on hostile input.
const MAX_DEPTH: usize = 64;

/// A field's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// A type without parts.
    Primitive(PrimitiveType),
    /// Named fields.
    Struct(StructType),
    /// Elements of one type.
    List(Box<ListType>),
    /// Keys and values.
    Map(Box<MapType>),
}

/// A struct's fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StructType {
    /// In order.
    pub fields: Vec<Field>,
    pub(crate) unknown: Unknown,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Unique in the schema, never used for another column of the table.
    pub id: i32,
    /// Unique among its siblings.
    pub name: String,
    /// Whether null is forbidden.
    pub required: bool,
    /// The type.
    pub field_type: Type,
    /// For people.
    pub doc: Option<String>,
    /// The value of rows written before the field existed (v3).
    pub initial_default: Option<RawJson>,
    /// The value that writers use if none is given (v3).
    pub write_default: Option<RawJson>,
    pub(crate) unknown: Unknown,
}

/// A list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListType {
    /// The element's field id.
    pub element_id: i32,
    /// Whether null elements are forbidden.
    pub element_required: bool,
    /// The element's type.
    pub element: Type,
    pub(crate) unknown: Unknown,
}

/// A map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapType {
    /// The key's field id.
    pub key_id: i32,
    /// The key's type.
    pub key: Type,
    /// The value's field id.
    pub value_id: i32,
    /// Whether null values are forbidden.
    pub value_required: bool,
    /// The value's type.
    pub value: Type,
    pub(crate) unknown: Unknown,
}

impl Type {
    fn read(source: &Bytes, raw: &RawValue, depth: usize) -> Result<Self, ParseError> {
        let text = raw.get();
        if depth > MAX_DEPTH {
            return Err(ParseError::new("type", format!("types are nested deeper than {MAX_DEPTH}")));
        }
        if !text.starts_with('{') {
            let name: String = serde_json::from_str(text).map_err(|error| ParseError::json("type", &error))?;
            return name.parse().map(Self::Primitive);
        }
        let mut object = Object::parse(source, text, "type")?;
        match object.required::<String>("type")?.as_str() {
            "struct" => StructType::read(source, object, depth).map(Self::Struct),
            "list" => ListType::read(source, object, depth).map(|list| Self::List(Box::new(list))),
            "map" => MapType::read(source, object, depth).map(|map| Self::Map(Box::new(map))),
            other => object.fail(format!("unknown nested type {other}")),
        }
    }

    /// Whether values have no parts: `variant` has no field ids, but it has parts.
    pub(crate) fn is_primitive(&self) -> bool {
        matches!(self, Self::Primitive(primitive) if *primitive != PrimitiveType::Variant)
    }
}

/// As the reference implementation prints it: `struct<1: a: optional int>`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Primitive(primitive) => primitive.fmt(f),
            Self::Struct(fields) => {
                let fields: Vec<String> = fields.fields.iter().map(ToString::to_string).collect();
                write!(f, "struct<{}>", fields.join(", "))
            }
            Self::List(list) => write!(f, "list<{}>", list.element),
            Self::Map(map) => write!(f, "map<{}, {}>", map.key, map.value),
        }
    }
}

/// As the reference implementation prints it: `1: a: optional int (a doc)`.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = if self.required { "required" } else { "optional" };
        write!(f, "{}: {}: {required} {}", self.id, self.name, self.field_type)?;
        self.doc.as_ref().map_or(Ok(()), |doc| write!(f, " ({doc})"))
    }
}

impl StructType {
    /// `object` without its `type`.
    pub(crate) fn read(source: &Bytes, mut object: Object<'_>, depth: usize) -> Result<Self, ParseError> {
        let fields = object.array("fields")?;
        let fields = fields.into_iter().map(|raw| Field::read(source, raw, depth + 1)).collect::<Result<_, _>>()?;
        Ok(Self { fields, unknown: object.unknown() })
    }
}

impl Field {
    fn read(source: &Bytes, raw: &RawValue, depth: usize) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, raw.get(), "schema field")?;
        Ok(Self {
            id: object.required("id")?,
            name: object.required("name")?,
            required: object.required("required")?,
            field_type: Type::read(source, object.required_raw("type")?, depth)?,
            doc: object.optional("doc")?,
            initial_default: object.optional_kept("initial-default")?,
            write_default: object.optional_kept("write-default")?,
            unknown: object.unknown(),
        })
    }
}

impl ListType {
    fn read(source: &Bytes, mut object: Object<'_>, depth: usize) -> Result<Self, ParseError> {
        Ok(Self {
            element_id: object.required("element-id")?,
            element_required: object.required("element-required")?,
            element: Type::read(source, object.required_raw("element")?, depth + 1)?,
            unknown: object.unknown(),
        })
    }
}

impl MapType {
    fn read(source: &Bytes, mut object: Object<'_>, depth: usize) -> Result<Self, ParseError> {
        Ok(Self {
            key_id: object.required("key-id")?,
            key: Type::read(source, object.required_raw("key")?, depth + 1)?,
            value_id: object.required("value-id")?,
            value_required: object.required("value-required")?,
            value: Type::read(source, object.required_raw("value")?, depth + 1)?,
            unknown: object.unknown(),
        })
    }
}

impl WriteJson for Type {
    fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            Self::Primitive(primitive) => primitive.to_string().write_json(out),
            Self::Struct(fields) => fields.write_json(out),
            Self::List(list) => list.write_json(out),
            Self::Map(map) => map.write_json(out),
        }
    }
}

impl WriteJson for StructType {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { fields, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("type", "struct");
        object.field("fields", fields);
        object.end(unknown);
    }
}

impl WriteJson for Field {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { id, name, required, field_type, doc, initial_default, write_default, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("id", id);
        object.field("name", name);
        object.field("required", required);
        object.field("type", field_type);
        object.optional("doc", doc.as_ref());
        object.optional("initial-default", initial_default.as_ref());
        object.optional("write-default", write_default.as_ref());
        object.end(unknown);
    }
}

impl WriteJson for ListType {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { element_id, element_required, element, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("type", "list");
        object.field("element-id", element_id);
        object.field("element", element);
        object.field("element-required", element_required);
        object.end(unknown);
    }
}

impl WriteJson for MapType {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { key_id, key, value_id, value_required, value, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("type", "map");
        object.field("key-id", key_id);
        object.field("key", key);
        object.field("value-id", value_id);
        object.field("value", value);
        object.field("value-required", value_required);
        object.end(unknown);
    }
}
