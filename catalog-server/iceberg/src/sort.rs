//! Sort orders (spec, "Sorting").

use bytes::Bytes;
use std::fmt;

use crate::error::{ApplyError, ParseError, invalid};
use crate::json::{Object, ObjectWriter, ReadJson, Unknown, WriteJson, serde_through_raw};
use crate::limits;
use crate::partition::read_sources;
use crate::schema::SchemaIndex;
use crate::transform::{self, Transform};

/// The id of the order that sorts by nothing.
pub(crate) const UNSORTED_ID: i32 = 0;
/// The id of a table's first order that sorts.
pub(crate) const FIRST_ID: i32 = 1;

/// How rows in a file are ordered.
#[derive(Debug, Clone, PartialEq)]
pub struct SortOrder {
    /// Unique in the table; 0 is the order without fields.
    pub id: i32,
    /// Most significant first.
    pub fields: Vec<SortField>,
    pub(crate) unknown: Unknown,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct SortField {
    /// The column.
    pub source_id: i32,
    /// What is sorted by.
    pub transform: Transform,
    /// Up or down.
    pub direction: SortDirection,
    /// Where nulls go.
    pub null_order: NullOrder,
    /// Sources of a transform with several arguments (v3); `source_id` is the first of them.
    pub source_ids: Option<Vec<i32>>,
    pub(crate) unknown: Unknown,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortDirection {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// Where nulls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullOrder {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl SortOrder {
    /// No order.
    pub fn unsorted() -> Self {
        Self { id: UNSORTED_ID, fields: Vec::new(), unknown: Unknown::new() }
    }

    /// Whether there is nothing to sort by.
    pub fn is_unsorted(&self) -> bool {
        self.fields.is_empty()
    }

    /// The same fields; the id does not count.
    pub(crate) fn same_order(&self, other: &Self) -> bool {
        self.fields == other.fields
    }

    /// The rules for an order that is new in a table with this schema.
    pub(crate) fn check_new(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        limits::check_layout_fields("sort order", self.fields.len())?;
        for field in &self.fields {
            let source = schema.by_id(field.source_id);
            if let Some(reason) = source.and_then(|source| field.transform.refuses(source.field_type)) {
                return invalid(reason);
            }
            if field.source_ids.is_some() {
                return Err(ApplyError::Unsupported(format!(
                    "Cannot sort by several columns in one field yet: {field}"
                )));
            }
            if let Transform::Unknown(text) = &field.transform {
                return invalid(
                    transform::unknown_size(text)
                        .unwrap_or_else(|| format!("Cannot sort by unknown transform: {text}")),
                );
            }
        }
        self.check_compatible(schema)
    }

    /// The rules for the default order under the current schema.
    pub(crate) fn check_compatible(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        self.fields.iter().try_for_each(|field| field.check_compatible(schema))
    }
}

impl SortField {
    fn check_compatible(&self, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
        if matches!(self.transform, Transform::Unknown(_)) {
            return Ok(());
        }
        let Some(source) = schema.by_id(self.source_id) else {
            return invalid(format!("Cannot find source column for sort field: {self}"));
        };
        if !source.field_type.is_primitive() {
            return invalid(format!("Cannot sort by non-primitive source field: {}", source.field_type));
        }
        if !self.transform.accepts(source.field_type) {
            let source = source.field_type;
            return invalid(format!("Invalid source type {source} for transform: {}", self.transform));
        }
        Ok(())
    }

    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "sort field")?;
        let (source_id, source_ids) = read_sources(&mut object)?;
        let direction: String = object.required("direction")?;
        let direction = match direction.to_ascii_lowercase().as_str() {
            "asc" => SortDirection::Asc,
            "desc" => SortDirection::Desc,
            _ => return object.fail(format!("direction is {direction}, not asc or desc")),
        };
        let null_order: String = object.required("null-order")?;
        let null_order = match null_order.to_ascii_lowercase().as_str() {
            "nulls-first" => NullOrder::First,
            "nulls-last" => NullOrder::Last,
            _ => return object.fail(format!("null-order is {null_order}, not nulls-first or nulls-last")),
        };
        let transform = Transform::parse(&object.required::<String>("transform")?);
        Ok(Self { source_id, transform, direction, null_order, source_ids, unknown: object.unknown() })
    }
}

/// As the reference implementation prints it: `identity(1) ASC NULLS FIRST`.
impl fmt::Display for SortField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            SortDirection::Asc => "ASC",
            SortDirection::Desc => "DESC",
        };
        let nulls = match self.null_order {
            NullOrder::First => "FIRST",
            NullOrder::Last => "LAST",
        };
        write!(f, "{}({}) {direction} NULLS {nulls}", self.transform, self.source_id)
    }
}

impl ReadJson for SortOrder {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "sort order")?;
        let fields = object.array("fields")?;
        let fields: Vec<_> =
            fields.into_iter().map(|raw| SortField::read(source, raw.get())).collect::<Result<_, _>>()?;
        let default = if fields.is_empty() { UNSORTED_ID } else { FIRST_ID };
        Ok(Self { id: object.optional("order-id")?.unwrap_or(default), fields, unknown: object.unknown() })
    }
}

impl WriteJson for SortOrder {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { id, fields, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("order-id", id);
        object.field("fields", fields);
        object.end(unknown);
    }
}

impl WriteJson for SortField {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { source_id, transform, direction, null_order, source_ids, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("transform", &transform.to_string());
        match source_ids {
            Some(source_ids) => object.field("source-ids", source_ids),
            None => object.field("source-id", source_id),
        }
        object.field("direction", if *direction == SortDirection::Asc { "asc" } else { "desc" });
        object.field("null-order", if *null_order == NullOrder::First { "nulls-first" } else { "nulls-last" });
        object.end(unknown);
    }
}

serde_through_raw!(SortOrder);
