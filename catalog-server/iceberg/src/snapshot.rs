//! Snapshots, kept as text, and the refs that name them.

use bytes::Bytes;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::error::{ApplyError, ParseError, invalid};
use crate::json::{Key, Object, ObjectWriter, RawJson, ReadJson, Unknown, WriteJson, serde_through_raw};

/// The branch that a table's current snapshot belongs to.
pub(crate) const MAIN: &str = "main";

/// A snapshot as it was written, with its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    id: i64,
    raw: RawJson,
}

/// What commits ask of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotHead {
    /// Unique in the table.
    pub id: i64,
    /// The snapshot that this one was made from.
    pub parent_id: Option<i64>,
    /// 0 in v1.
    pub sequence_number: i64,
    /// When it was made, by the writer's clock.
    pub timestamp_ms: i64,
    /// The file that lists its manifests; v1 may name the manifests instead.
    pub manifest_list: Option<String>,
    /// Manifests of a v1 snapshot without manifest list.
    pub manifests: Vec<String>,
    /// The schema it was written with.
    pub schema_id: Option<i32>,
    /// The first row id of its rows (v3).
    pub first_row_id: Option<i64>,
    /// How many row ids it takes (v3).
    pub added_rows: Option<i64>,
}

impl Snapshot {
    /// The snapshot's id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The whole snapshot.
    pub fn json(&self) -> &str {
        self.raw.as_str()
    }

    /// Returns the snapshot without its members that are null.
    pub(crate) fn without_nulls(self) -> Result<Self, ParseError> {
        Ok(Self { id: self.id, raw: self.raw.without_nulls("snapshot")? })
    }

    /// Parses the snapshot: do it for those that you touch only.
    pub fn head(&self) -> Result<SnapshotHead, ParseError> {
        let mut object = Object::parse(self.raw.source(), self.raw.as_str(), "snapshot")?;
        Ok(SnapshotHead {
            id: object.required("snapshot-id")?,
            parent_id: object.optional("parent-snapshot-id")?,
            sequence_number: object.optional("sequence-number")?.unwrap_or(0),
            timestamp_ms: object.required("timestamp-ms")?,
            manifest_list: object.optional("manifest-list")?,
            manifests: object.optional("manifests")?.unwrap_or_default(),
            schema_id: object.optional("schema-id")?,
            first_row_id: object.optional("first-row-id")?,
            added_rows: object.optional("added-rows")?,
        })
    }

    /// As v1 writes it: the number came with v2.
    pub(crate) fn without_sequence_number(&self) -> Result<Self, ParseError> {
        let mut object = Object::parse(self.raw.source(), self.raw.as_str(), "snapshot")?;
        if object.take("sequence-number")?.is_none() {
            return Ok(self.clone());
        }
        let mut text = Vec::new();
        ObjectWriter::new(&mut text).end(&object.unknown());
        Ok(Self { id: self.id, raw: RawJson::unread(text.into()) })
    }

    /// As v2 wants it: the number of whatever was written in v1 is 0.
    pub(crate) fn with_sequence_number(&self) -> Result<Self, ParseError> {
        let mut object = Object::parse(self.raw.source(), self.raw.as_str(), "snapshot")?;
        if object.take("sequence-number")?.is_some() {
            return Ok(self.clone());
        }
        let mut text = Vec::new();
        let mut writer = ObjectWriter::new(&mut text);
        writer.field("sequence-number", &0_i64);
        writer.end(&object.unknown());
        Ok(Self { id: self.id, raw: RawJson::unread(text.into()) })
    }

    /// What a snapshot that a client adds must have beyond what [`Self::head`] asks.
    pub(crate) fn check_new(&self, head: &SnapshotHead, format_version: u8) -> Result<(), ApplyError> {
        let mut object = Object::parse(self.raw.source(), self.raw.as_str(), "snapshot")?;
        if let Some(summary) = object.optional::<crate::Properties>("summary")?
            && !summary.contains_key("operation")
        {
            return invalid(format!("Cannot add snapshot {}: summary has no operation", self.id));
        }
        if head.manifest_list.is_none() && (format_version > 1 || head.manifests.is_empty()) {
            return invalid(format!("Cannot add snapshot {}: manifest-list is missing", self.id));
        }
        head.check_row_ids()
    }
}

impl SnapshotHead {
    fn check_row_ids(&self) -> Result<(), ApplyError> {
        if let Some(first @ ..0) = self.first_row_id {
            return invalid(format!("Invalid first-row-id (cannot be negative): {first}"));
        }
        match self.added_rows {
            Some(added @ ..0) => invalid(format!("Invalid added-rows (cannot be negative): {added}")),
            None if self.first_row_id.is_some() => {
                invalid("Invalid added-rows (required when first-row-id is set): null")
            }
            _ => Ok(()),
        }
    }
}

impl ReadJson for Snapshot {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let Some(id) = peek_i64(text, "snapshot-id") else {
            return Err(ParseError::new("snapshot", "field snapshot-id is missing or not a number"));
        };
        Ok(Self { id, raw: RawJson::slice_of(source, text) })
    }
}

impl WriteJson for Snapshot {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.raw.write_json(out);
    }
}

serde_through_raw!(Snapshot);

/// The number under `key` of the object `text`, reading no further than it.
pub(crate) fn peek_i64(text: &str, key: &str) -> Option<i64> {
    struct Peek<'a> {
        key: &'a str,
        found: &'a mut Option<i64>,
    }
    impl<'de> Visitor<'de> for Peek<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                if key == self.key {
                    *self.found = Some(map.next_value()?);
                    return Ok(());
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut found = None;
    // Stopping in the middle of an object is an error to serde; the number has been found by then.
    let _stopped = serde_json::Deserializer::from_str(text).deserialize_map(Peek { key, found: &mut found });
    found
}

/// A branch or a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotRef {
    /// The snapshot that it names.
    pub snapshot_id: i64,
    /// Whether it can move.
    pub kind: RefKind,
    /// How many snapshots of a branch expiry keeps.
    pub min_snapshots_to_keep: Option<i32>,
    /// How old snapshots of a branch may get before expiry takes them.
    pub max_snapshot_age_ms: Option<i64>,
    /// How old the ref may get before expiry takes it.
    pub max_ref_age_ms: Option<i64>,
    pub(crate) unknown: Unknown,
}

/// Branch or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefKind {
    /// Moves with commits.
    Branch,
    /// Stays.
    Tag,
}

impl RefKind {
    /// `branch` or `tag`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }
}

impl SnapshotRef {
    /// A branch without retention of its own.
    pub(crate) fn branch(snapshot_id: i64) -> Self {
        Self {
            snapshot_id,
            kind: RefKind::Branch,
            min_snapshots_to_keep: None,
            max_snapshot_age_ms: None,
            max_ref_age_ms: None,
            unknown: Unknown::new(),
        }
    }

    /// The keys of a ref from an object that may hold others, which stay.
    pub(crate) fn take(object: &mut Object<'_>) -> Result<Self, ParseError> {
        let kind: String = object.required("type")?;
        let kind = match kind.to_ascii_lowercase().as_str() {
            "branch" => RefKind::Branch,
            "tag" => RefKind::Tag,
            _ => return object.fail(format!("type is {kind}, not branch or tag")),
        };
        Ok(Self {
            snapshot_id: object.required("snapshot-id")?,
            kind,
            min_snapshots_to_keep: object.optional("min-snapshots-to-keep")?,
            max_snapshot_age_ms: object.optional("max-snapshot-age-ms")?,
            max_ref_age_ms: object.optional("max-ref-age-ms")?,
            unknown: Unknown::new(),
        })
    }

    pub(crate) fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "snapshot reference")?;
        let read = Self::take(&mut object)?;
        Ok(Self { unknown: object.unknown(), ..read })
    }

    /// The rules for a ref that a client sets.
    pub(crate) fn check_new(&self, name: &str) -> Result<(), ApplyError> {
        let is_tag = self.kind == RefKind::Tag;
        if name.is_empty() {
            return invalid("Cannot use an empty ref name");
        }
        if is_tag && name == MAIN {
            return invalid("Cannot replace main branch with a tag");
        }
        if is_tag && self.min_snapshots_to_keep.is_some() {
            return invalid("Tags do not support setting minSnapshotsToKeep");
        }
        if is_tag && self.max_snapshot_age_ms.is_some() {
            return invalid("Tags do not support setting maxSnapshotAgeMs");
        }
        if self.min_snapshots_to_keep.is_some_and(|count| count <= 0) {
            return invalid("Min snapshots to keep must be greater than 0");
        }
        if self.max_snapshot_age_ms.is_some_and(|age| age <= 0) {
            return invalid("Max snapshot age must be greater than 0 ms");
        }
        if self.max_ref_age_ms.is_some_and(|age| age <= 0) {
            return invalid("Max reference age must be greater than 0");
        }
        Ok(())
    }
}

impl WriteJson for SnapshotRef {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { snapshot_id, kind, min_snapshots_to_keep, max_snapshot_age_ms, max_ref_age_ms, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("snapshot-id", snapshot_id);
        object.field("type", kind.as_str());
        object.optional("min-snapshots-to-keep", min_snapshots_to_keep.as_ref());
        object.optional("max-snapshot-age-ms", max_snapshot_age_ms.as_ref());
        object.optional("max-ref-age-ms", max_ref_age_ms.as_ref());
        object.end(unknown);
    }
}
