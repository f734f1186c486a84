//! The skeleton of a table's metadata: what the catalog reasons about, typed; the rest as text.

use std::collections::HashSet;
use std::fmt;

use uuid::Uuid;

use crate::error::ParseError;
use crate::json::{RawJson, Unknown};
use crate::long_list::LongList;
use crate::partition::{FIRST_FIELD_ID, PartitionSpec};
use crate::properties::Properties;
use crate::schema::Schema;
use crate::snapshot::{Snapshot, SnapshotRef};
use crate::sort::SortOrder;

/// The latest format version.
pub(crate) const LATEST_VERSION: u8 = 3;
/// The first version whose rows have ids.
pub(crate) const ROW_LINEAGE_VERSION: u8 = 3;
/// The version of a table that asks for none.
pub(crate) const DEFAULT_VERSION: u8 = 2;
/// An id that nothing has: a table under construction has no current schema yet.
pub(crate) const NO_ID: i32 = -1;

/// A table's metadata (spec, "Table Metadata Fields").
///
/// Written by [`parse`](TableMetadata::parse), [`create`](crate::create()) and [`apply`](crate::apply()) only, so a
/// value always satisfies the rules that those check.
#[derive(Debug, Clone, PartialEq)]
pub struct TableMetadata {
    pub(crate) format_version: u8,
    /// Absent only in v1.
    pub(crate) uuid: Option<Uuid>,
    pub(crate) location: String,
    /// 0 in v1.
    pub(crate) last_sequence_number: i64,
    pub(crate) last_updated_ms: i64,
    pub(crate) last_column_id: i32,
    pub(crate) schemas: Vec<Schema>,
    pub(crate) current_schema_id: i32,
    pub(crate) partition_specs: Vec<PartitionSpec>,
    pub(crate) default_spec_id: i32,
    pub(crate) last_partition_id: i32,
    pub(crate) sort_orders: Vec<SortOrder>,
    pub(crate) default_sort_order_id: i32,
    pub(crate) properties: Properties,
    pub(crate) current_snapshot_id: Option<i64>,
    pub(crate) snapshots: LongList<Snapshot>,
    pub(crate) refs: Vec<(String, SnapshotRef)>,
    pub(crate) snapshot_log: LongList<SnapshotLogEntry>,
    pub(crate) metadata_log: LongList<MetadataLogEntry>,
    pub(crate) statistics: Vec<StatisticsFile>,
    pub(crate) partition_statistics: Vec<StatisticsFile>,
    /// From v3 on.
    pub(crate) next_row_id: Option<i64>,
    pub(crate) encryption_keys: Vec<EncryptionKey>,
    pub(crate) unknown: Unknown,
}

/// When a snapshot became current.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotLogEntry {
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The snapshot.
    pub snapshot_id: i64,
    pub(crate) unknown: Unknown,
}

/// A metadata file that was current once.
#[derive(Debug, Clone, PartialEq)]
pub struct MetadataLogEntry {
    /// When it was written, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Its location.
    pub metadata_file: String,
    pub(crate) unknown: Unknown,
}

/// A statistics or partition statistics file, kept as text.
#[derive(Debug, Clone, PartialEq)]
pub struct StatisticsFile {
    pub(crate) snapshot_id: i64,
    pub(crate) raw: RawJson,
}

/// A key that encrypts others or a table's files, itself encrypted; kept as text.
#[derive(Clone, PartialEq)]
pub struct EncryptionKey {
    pub(crate) id: String,
    pub(crate) raw: RawJson,
}

impl EncryptionKey {
    /// Unique in the table.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Without the key, encrypted though it is.
impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl StatisticsFile {
    /// The snapshot that it describes.
    pub fn snapshot_id(&self) -> i64 {
        self.snapshot_id
    }

    /// The whole entry.
    pub fn json(&self) -> &str {
        self.raw.as_str()
    }
}

impl TableMetadata {
    /// A table under construction: no schema, no spec, no order, no place.
    pub(crate) fn empty(format_version: u8) -> Self {
        Self {
            format_version,
            uuid: None,
            location: String::new(),
            last_sequence_number: 0,
            last_updated_ms: 0,
            last_column_id: 0,
            schemas: Vec::new(),
            current_schema_id: NO_ID,
            partition_specs: Vec::new(),
            default_spec_id: NO_ID,
            last_partition_id: FIRST_FIELD_ID - 1,
            sort_orders: Vec::new(),
            default_sort_order_id: NO_ID,
            properties: Properties::new(),
            current_snapshot_id: None,
            snapshots: LongList::of(Vec::new()),
            refs: Vec::new(),
            snapshot_log: LongList::of(Vec::new()),
            metadata_log: LongList::of(Vec::new()),
            statistics: Vec::new(),
            partition_statistics: Vec::new(),
            next_row_id: (format_version >= ROW_LINEAGE_VERSION).then_some(0),
            encryption_keys: Vec::new(),
            unknown: Unknown::new(),
        }
    }

    /// 1, 2 or 3.
    pub fn format_version(&self) -> u8 {
        self.format_version
    }

    /// The table's identity; absent only in v1 documents of old writers.
    pub fn uuid(&self) -> Option<Uuid> {
        self.uuid
    }

    /// The table's root, without a trailing slash.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// All properties, by key.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// One property.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }

    /// When this state was made, in milliseconds since 1970.
    pub fn last_updated_ms(&self) -> i64 {
        self.last_updated_ms
    }

    /// The highest sequence number given to a snapshot.
    pub fn last_sequence_number(&self) -> i64 {
        self.last_sequence_number
    }

    /// The highest field id ever given to a column.
    pub fn last_column_id(&self) -> i32 {
        self.last_column_id
    }

    /// All schemas, oldest first.
    pub fn schemas(&self) -> &[Schema] {
        &self.schemas
    }

    /// The id of the current schema.
    pub fn current_schema_id(&self) -> i32 {
        self.current_schema_id
    }

    /// The current schema.
    pub fn current_schema(&self) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.id == self.current_schema_id)
    }

    /// All partition specs, oldest first.
    pub fn partition_specs(&self) -> &[PartitionSpec] {
        &self.partition_specs
    }

    /// The id of the spec that writers use.
    pub fn default_spec_id(&self) -> i32 {
        self.default_spec_id
    }

    /// The spec that writers use.
    pub fn default_spec(&self) -> Option<&PartitionSpec> {
        self.partition_specs.iter().find(|spec| spec.id == self.default_spec_id)
    }

    /// The highest id ever given to a partition field.
    pub fn last_partition_id(&self) -> i32 {
        self.last_partition_id
    }

    /// All sort orders, oldest first.
    pub fn sort_orders(&self) -> &[SortOrder] {
        &self.sort_orders
    }

    /// The id of the order that writers use.
    pub fn default_sort_order_id(&self) -> i32 {
        self.default_sort_order_id
    }

    /// The order that writers use.
    pub fn default_sort_order(&self) -> Option<&SortOrder> {
        self.sort_orders.iter().find(|order| order.id == self.default_sort_order_id)
    }

    /// The snapshot that readers see, none in an empty table.
    pub fn current_snapshot_id(&self) -> Option<i64> {
        self.current_snapshot_id
    }

    /// All snapshots in the order of the document. The first to ask has the array split.
    ///
    /// # Errors
    /// Only for a document that was [trusted](Self::parse_trusted) and is damaged.
    pub fn snapshots(&self) -> Result<&[Snapshot], ParseError> {
        self.snapshots.all()
    }

    /// One snapshot.
    ///
    /// # Errors
    /// As [`Self::snapshots`].
    pub fn snapshot(&self, id: i64) -> Result<Option<&Snapshot>, ParseError> {
        self.snapshots.find(id)
    }

    /// Branches and tags, by name, in the order of the document.
    pub fn refs(&self) -> impl Iterator<Item = (&str, &SnapshotRef)> {
        self.refs.iter().map(|(name, reference)| (name.as_str(), reference))
    }

    /// One branch or tag.
    pub fn reference(&self, name: &str) -> Option<&SnapshotRef> {
        self.refs.iter().find(|(other, _)| other == name).map(|(_, reference)| reference)
    }

    /// The same table with the snapshots alone that a branch or tag names, as readers ask for it with `snapshots=refs`.
    /// The log still names the others.
    ///
    /// # Errors
    /// As [`Self::snapshots`].
    pub fn with_referenced_snapshots(mut self) -> Result<Self, ParseError> {
        let named: HashSet<i64> = self.refs.iter().map(|(_, r)| r.snapshot_id).collect();
        let kept = self.snapshots.all()?.iter().filter(|snapshot| named.contains(&snapshot.id())).cloned();
        self.snapshots = LongList::of(kept.collect());
        Ok(self)
    }

    /// When which snapshot became current, oldest first.
    ///
    /// # Errors
    /// As [`Self::snapshots`].
    pub fn snapshot_log(&self) -> Result<&[SnapshotLogEntry], ParseError> {
        self.snapshot_log.all()
    }

    /// The locations of the metadata files before this one, oldest first.
    ///
    /// # Errors
    /// As [`Self::snapshots`].
    pub fn metadata_log(&self) -> Result<impl Iterator<Item = &str>, ParseError> {
        Ok(self.metadata_log.all()?.iter().map(|entry| entry.metadata_file.as_str()))
    }

    /// The metadata files before this one with their times, oldest first.
    ///
    /// # Errors
    /// As [`Self::snapshots`].
    pub fn metadata_log_entries(&self) -> Result<&[MetadataLogEntry], ParseError> {
        self.metadata_log.all()
    }

    /// The first row id that no snapshot has taken; none before v3.
    pub fn next_row_id(&self) -> Option<i64> {
        self.next_row_id
    }

    /// Encryption keys, in the order of the document.
    pub fn encryption_keys(&self) -> &[EncryptionKey] {
        &self.encryption_keys
    }

    /// Statistics files, in the order of the document.
    pub fn statistics(&self) -> &[StatisticsFile] {
        &self.statistics
    }

    /// Partition statistics files, in the order of the document.
    pub fn partition_statistics(&self) -> &[StatisticsFile] {
        &self.partition_statistics
    }
}
