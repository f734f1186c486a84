//! A version of a view: what it says, in which dialects, and where its names are looked up.

use bytes::Bytes;
use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::error::{ApplyError, ParseError, invalid};
use crate::json::{Object, ObjectWriter, RawJson, ReadJson, Unknown, WriteJson, serde_through_raw};
use crate::properties::Properties;

/// What a view was at one time (view spec, "Versions").
#[derive(Debug, Clone, PartialEq)]
pub struct ViewVersion {
    /// Unique in the view, from 1.
    pub id: i32,
    /// When it was made, by the writer's clock, milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The schema of the view's rows; in requests `-1` means the last one added.
    pub schema_id: i32,
    /// Who made it and how.
    pub summary: Properties,
    /// Where tables without a catalog are looked up, if not in the view's own.
    pub default_catalog: Option<String>,
    /// Where tables without a namespace are looked up; its levels.
    pub default_namespace: Vec<String>,
    /// The view in each dialect, in order.
    pub representations: Vec<ViewRepresentation>,
    pub(crate) unknown: Unknown,
}

/// A view in one dialect, kept as text.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewRepresentation {
    kind: String,
    dialect: Option<String>,
    raw: RawJson,
}

impl ViewVersion {
    /// The same but for id and time.
    pub(crate) fn same_version(&self, other: &Self) -> bool {
        self.schema_id == other.schema_id
            && self.summary == other.summary
            && self.default_catalog == other.default_catalog
            && self.default_namespace == other.default_namespace
            && self.representations == other.representations
    }

    /// The dialects of its SQL, in small letters.
    pub(crate) fn dialects(&self) -> BTreeSet<String> {
        self.representations.iter().filter_map(ViewRepresentation::dialect_in_small_letters).collect()
    }

    /// Nobody could tell which of two queries in one dialect counts.
    pub(crate) fn check_dialects(&self) -> Result<(), ApplyError> {
        let mut seen = BTreeSet::new();
        for dialect in self.representations.iter().filter_map(ViewRepresentation::dialect_in_small_letters) {
            if seen.contains(&dialect) {
                return invalid(format!("Invalid view version: Cannot add multiple queries for dialect {dialect}"));
            }
            seen.insert(dialect);
        }
        Ok(())
    }
}

impl ViewRepresentation {
    /// `sql`, or a kind that this version does not know.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The dialect of a representation in SQL.
    pub fn dialect(&self) -> Option<&str> {
        self.dialect.as_deref()
    }

    /// The whole representation.
    pub fn json(&self) -> &str {
        self.raw.as_str()
    }

    fn dialect_in_small_letters(&self) -> Option<String> {
        self.dialect.as_ref().map(|dialect| dialect.to_lowercase())
    }

    fn from_raw(source: &Bytes, raw: &RawValue) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, raw.get(), "view representation")?;
        let kind: String = object.required("type")?;
        let dialect = if kind.eq_ignore_ascii_case("sql") {
            object.required::<String>("sql")?;
            Some(object.required("dialect")?)
        } else {
            None
        };
        Ok(Self { kind, dialect, raw: RawJson::part_of(source, raw) })
    }
}

impl ReadJson for ViewVersion {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "view version")?;
        let representations = object.array("representations")?;
        let representations: Vec<_> = representations
            .into_iter()
            .map(|raw| ViewRepresentation::from_raw(source, raw))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            id: object.required("version-id")?,
            timestamp_ms: object.required("timestamp-ms")?,
            schema_id: object.required("schema-id")?,
            summary: object.required("summary")?,
            default_catalog: object.optional("default-catalog")?,
            default_namespace: object.required("default-namespace")?,
            representations,
            unknown: object.unknown(),
        })
    }
}

impl WriteJson for ViewVersion {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { id, timestamp_ms, schema_id, summary, default_catalog, default_namespace, representations, unknown } =
            self;
        let mut object = ObjectWriter::new(out);
        object.field("version-id", id);
        object.field("timestamp-ms", timestamp_ms);
        object.field("schema-id", schema_id);
        object.field("summary", summary);
        object.optional("default-catalog", default_catalog.as_ref());
        object.field("default-namespace", default_namespace);
        object.field("representations", representations);
        object.end(unknown);
    }
}

impl WriteJson for ViewRepresentation {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.raw.write_json(out);
    }
}

serde_through_raw!(ViewVersion);
