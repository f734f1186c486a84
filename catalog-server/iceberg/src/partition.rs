//! Partition specs (spec, "Partitioning").

use bytes::Bytes;
use std::collections::HashSet;
use std::fmt;

use crate::error::{ApplyError, ParseError, invalid};
use crate::json::{Object, ObjectWriter, ReadJson, Unknown, WriteJson, serde_through_raw};
use crate::limits;
use crate::schema::SchemaIndex;
use crate::transform::{self, Transform};
use crate::types::Type;

/// The first id of a partition field.
pub(crate) const FIRST_FIELD_ID: i32 = 1000;

/// How a table's files are split.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionSpec {
    /// Unique in the table. 0 where a request names none.
    pub id: i32,
    /// In order.
    pub fields: Vec<PartitionField>,
    pub(crate) unknown: Unknown,
}

/// One partition value.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionField {
    /// The column that the value comes from.
    pub source_id: i32,
    /// Unique over the table's specs. Absent only in requests, where the catalog assigns it.
    pub field_id: Option<i32>,
    /// The partition's name in paths.
    pub name: String,
    /// How the value is made.
    pub transform: Transform,
    /// Sources of a transform with several arguments (v3); `source_id` is the first of them.
    pub source_ids: Option<Vec<i32>>,
    pub(crate) unknown: Unknown,
}

impl PartitionSpec {
    /// No partitions.
    pub fn unpartitioned() -> Self {
        Self { id: 0, fields: Vec::new(), unknown: Unknown::new() }
    }

    /// The highest field id, 999 if there is none.
    pub(crate) fn last_field_id(&self) -> i32 {
        let ids = self.fields.iter().filter_map(|field| field.field_id);
        ids.max().unwrap_or(FIRST_FIELD_ID - 1).max(FIRST_FIELD_ID - 1)
    }

    /// The same sources, transforms and names in the same order; ids do not count.
    pub(crate) fn compatible_with(&self, other: &Self) -> bool {
        self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|(one, other)| one.same_value(other) && one.name == other.name)
    }

    /// v1 numbers partition fields by position.
    pub(crate) fn has_sequential_ids(&self) -> bool {
        self.fields.iter().zip(FIRST_FIELD_ID..).all(|(field, id)| field.field_id == Some(id))
    }

    /// The rules for a spec that is new in a table with this schema.
    pub(crate) fn check_new(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        limits::check_layout_fields("partition spec", self.fields.len())?;
        let mut names = HashSet::new();
        let mut ids = HashSet::new();
        for field in &self.fields {
            field.check_new(schema)?;
            if !names.insert(&field.name) {
                return invalid(format!("Cannot use partition name more than once: {}", field.name));
            }
            if field.field_id.is_some_and(|id| !ids.insert(id)) {
                return invalid(format!("Cannot use partition field id more than once: {field}"));
            }
        }
        self.check_compatible(schema)
    }

    /// The rules for the default spec under the current schema.
    pub(crate) fn check_compatible(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        self.fields.iter().try_for_each(|field| field.check_compatible(schema))
    }
}

impl PartitionField {
    pub(crate) fn same_value(&self, other: &Self) -> bool {
        self.source_id == other.source_id && self.source_ids == other.source_ids && self.transform == other.transform
    }

    fn check_new(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        let Self { source_id, field_id: _, name, transform, source_ids, unknown: _ } = self;
        if let Some(reason) = schema.by_id(*source_id).and_then(|source| transform.refuses(source.field_type)) {
            return invalid(reason);
        }
        if name.is_empty() {
            return invalid("Invalid column name: (empty)");
        }
        if source_ids.is_some() {
            return Err(ApplyError::Unsupported(format!(
                "Cannot partition by several columns in one field yet: {self}"
            )));
        }
        if let Transform::Unknown(text) = transform {
            return invalid(
                transform::unknown_size(text)
                    .unwrap_or_else(|| format!("Cannot partition by unknown transform: {text}")),
            );
        }
        self.check_name(schema)
    }

    /// The reference implementation reads no table in which a field of a spec, even a void one of old, bears the name of
    /// another column of the current schema.
    pub(crate) fn check_name(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        let name = &self.name;
        if schema.by_name(name).is_some_and(|column| column.id != self.source_id) {
            return invalid(format!("Cannot create identity partition sourced from different field in schema: {name}"));
        }
        Ok(())
    }

    fn check_compatible(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        if matches!(self.transform, Transform::Void | Transform::Unknown(_)) {
            return Ok(());
        }
        let Some(source) = schema.by_id(self.source_id) else {
            return invalid(format!("Cannot find source column for partition field: {self}"));
        };
        if !source.field_type.is_primitive() {
            return invalid(format!("Cannot partition by non-primitive source field: {}", source.field_type));
        }
        if !self.transform.accepts(source.field_type) {
            let source = source.field_type;
            return invalid(format!("Invalid source type {source} for transform: {}", self.transform));
        }
        match schema.ancestors(source).find(|ancestor| !matches!(ancestor.field_type, Type::Struct(_))) {
            Some(parent) => invalid(format!("Invalid partition field parent: {}", parent.field_type)),
            None => Ok(()),
        }
    }

    pub(crate) fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "partition field")?;
        let (source_id, source_ids) = read_sources(&mut object)?;
        Ok(Self {
            source_id,
            field_id: object.optional("field-id")?,
            name: object.required("name")?,
            transform: Transform::parse(&object.required::<String>("transform")?),
            source_ids,
            unknown: object.unknown(),
        })
    }
}

/// `source-id`, or (v3, several arguments) `source-ids`.
pub(crate) fn read_sources(object: &mut Object<'_>) -> Result<(i32, Option<Vec<i32>>), ParseError> {
    if let Some(source_id) = object.optional("source-id")? {
        return Ok((source_id, None));
    }
    let Some(source_ids) = object.optional::<Vec<i32>>("source-ids")? else {
        return object.fail("field source-id is missing");
    };
    match source_ids.first() {
        Some(first) => Ok((*first, Some(source_ids))),
        None => object.fail("field source-ids is empty"),
    }
}

/// As the reference implementation prints it: `1000: day: day(3)`.
impl fmt::Display for PartitionField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.field_id {
            write!(f, "{id}: ")?;
        }
        write!(f, "{}: {}({})", self.name, self.transform, self.source_id)
    }
}

impl ReadJson for PartitionSpec {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "partition spec")?;
        let id = object.optional("spec-id")?.unwrap_or(0);
        let fields = object.array("fields")?;
        let fields: Vec<_> =
            fields.into_iter().map(|raw| PartitionField::read(source, raw.get())).collect::<Result<_, _>>()?;
        let without_id = fields.iter().filter(|field| field.field_id.is_none()).count();
        if without_id > 0 && without_id < fields.len() {
            return object.fail(format!("{without_id} of {} fields have no field-id", fields.len()));
        }
        Ok(Self { id, fields, unknown: object.unknown() })
    }
}

impl WriteJson for PartitionSpec {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { id, fields, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("spec-id", id);
        object.field("fields", fields);
        object.end(unknown);
    }
}

impl WriteJson for PartitionField {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { source_id, field_id, name, transform, source_ids, unknown } = self;
        let mut object = ObjectWriter::new(out);
        match source_ids {
            Some(source_ids) => object.field("source-ids", source_ids),
            None => object.field("source-id", source_id),
        }
        object.optional("field-id", field_id.as_ref());
        object.field("name", name);
        object.field("transform", &transform.to_string());
        object.end(unknown);
    }
}

serde_through_raw!(PartitionSpec);
