//! A document becomes a [`TableMetadata`].

use bytes::Bytes;
use std::collections::HashSet;

use uuid::Uuid;

use crate::error::ParseError;
use crate::json::{Object, RawJson, ReadJson, Unknown};
use crate::long_list::LongList;
use crate::metadata::{
    EncryptionKey, LATEST_VERSION, MetadataLogEntry, ROW_LINEAGE_VERSION, SnapshotLogEntry, StatisticsFile,
    TableMetadata,
};
use crate::partition::{FIRST_FIELD_ID, PartitionField, PartitionSpec};
use crate::schema::Schema;
use crate::snapshot::{MAIN, SnapshotRef, peek_i64};
use crate::sort::SortOrder;

const WHAT: &str = "table metadata";
/// What grows with a table's age.
const LONG_ARRAYS: [&str; 3] = ["snapshots", "snapshot-log", "metadata-log"];

impl TableMetadata {
    /// Reads a metadata document of format version 1, 2 or 3, uncompressed.
    ///
    /// # Errors
    /// Whatever is not a document that the reference implementation would read, with what is wrong in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::parse_shared(&Bytes::copy_from_slice(bytes))
    }

    /// As [`Self::parse`]; what is read shares the memory of `bytes`.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_shared(bytes: &Bytes) -> Result<Self, ParseError> {
        let metadata = Self::parse_trusted(bytes)?;
        metadata.check_references()?;
        metadata.snapshot_log.all()?;
        metadata.metadata_log.all()?;
        Ok(metadata)
    }

    /// As [`Self::parse`], for a document that went through it before, or was written here: the snapshots and the logs
    /// are not looked at until somebody asks, and share the memory of `bytes`. What is damaged in them is then found
    /// late, or never.
    ///
    /// # Errors
    /// As [`Self::parse`], without what is wrong in snapshots and logs.
    pub fn parse_trusted(bytes: &Bytes) -> Result<Self, ParseError> {
        Reader { source: bytes, object: Object::parse_document(bytes, WHAT, &LONG_ARRAYS)? }.read()
    }

    /// What must fit together in a document. Ids of schemas, specs and orders were checked on reading.
    fn check_references(&self) -> Result<(), ParseError> {
        let fail = |reason: String| Err(ParseError::new(WHAT, reason));
        let all = self.snapshots.all()?;
        let mut snapshots = HashSet::with_capacity(all.len());
        for snapshot in all {
            if !snapshots.insert(snapshot.id()) {
                return fail(format!("snapshot {} appears twice", snapshot.id()));
            }
        }
        let mut names = HashSet::new();
        for (name, reference) in &self.refs {
            if !names.insert(name) {
                return fail(format!("ref {name} appears twice"));
            }
            if !snapshots.contains(&reference.snapshot_id) {
                return fail(format!("ref {name} names snapshot {}, which does not exist", reference.snapshot_id));
            }
        }
        if let Some(current) = self.current_snapshot_id
            && !snapshots.contains(&current)
        {
            return fail(format!("current snapshot {current} does not exist"));
        }
        match (self.current_snapshot_id, self.reference(MAIN)) {
            (Some(current), Some(main)) if current != main.snapshot_id => {
                fail(format!("current snapshot {current} is not that of the main branch ({})", main.snapshot_id))
            }
            (None, Some(main)) => fail(format!("main branch names snapshot {}, but none is current", main.snapshot_id)),
            _ => Ok(()),
        }
    }
}

struct Reader<'a> {
    source: &'a Bytes,
    object: Object<'a>,
}

impl Reader<'_> {
    fn read(mut self) -> Result<TableMetadata, ParseError> {
        let format_version = self.format_version()?;
        let v1 = format_version == 1;
        let (schemas, current_schema_id) = self.schemas(v1)?;
        let (partition_specs, default_spec_id) = self.partition_specs(v1)?;
        let last_partition_id = self.last_partition_id(v1, &partition_specs)?;
        let (sort_orders, default_sort_order_id) = self.sort_orders(v1)?;
        let current_snapshot_id: Option<i64> = self.object.optional("current-snapshot-id")?;
        let current_snapshot_id = current_snapshot_id.filter(|id| *id != -1);
        let location: String = self.object.required("location")?;
        Ok(TableMetadata {
            format_version,
            uuid: self.uuid(format_version)?,
            location: without_trailing_slash(&location).to_owned(),
            last_sequence_number: self.last_sequence_number(v1)?,
            last_updated_ms: self.object.required("last-updated-ms")?,
            last_column_id: self.object.required("last-column-id")?,
            schemas,
            current_schema_id,
            partition_specs,
            default_spec_id,
            last_partition_id,
            sort_orders,
            default_sort_order_id,
            properties: self.object.optional("properties")?.unwrap_or_default(),
            current_snapshot_id,
            snapshots: LongList::unread(&self.object.take_unread("snapshots")?),
            refs: self.refs(current_snapshot_id)?,
            snapshot_log: LongList::unread(&self.object.take_unread("snapshot-log")?),
            metadata_log: LongList::unread(&self.object.take_unread("metadata-log")?),
            statistics: self.statistics("statistics")?,
            partition_statistics: self.statistics("partition-statistics")?,
            next_row_id: self.next_row_id(format_version)?,
            encryption_keys: self.encryption_keys()?,
            unknown: self.object.unknown(),
        })
    }

    fn uuid(&mut self, format_version: u8) -> Result<Option<Uuid>, ParseError> {
        match self.object.optional("table-uuid")? {
            None if format_version > 1 => self.object.fail(format!("UUID is required in format v{format_version}")),
            uuid => Ok(uuid),
        }
    }

    fn format_version(&mut self) -> Result<u8, ParseError> {
        let version: i64 = self.object.required("format-version")?;
        match u8::try_from(version) {
            Ok(version @ 1..=LATEST_VERSION) => Ok(version),
            _ => self.object.fail(format!("Cannot read unsupported version {version}")),
        }
    }

    /// v2 requires `schemas`; v1 has `schema` at least, a copy of the current one that we write again.
    fn schemas(&mut self, v1: bool) -> Result<(Vec<Schema>, i32), ParseError> {
        let legacy = if v1 { self.object.optional_kept("schema")? } else { None };
        let raw = self.object.optional_array("schemas")?;
        let Some(raw) = raw.filter(|raw| !v1 || !raw.is_empty()) else {
            let Some(legacy) = legacy else { return self.object.fail("field schemas is missing") };
            let schema = Schema::read(legacy.source(), legacy.as_str())?;
            let id = schema.id;
            // Some writers name the id although they wrote no list.
            self.object.optional::<i32>("current-schema-id")?;
            return Ok((vec![schema], id));
        };
        let schemas = raw.into_iter().map(|raw| Schema::read(self.source, raw.get())).collect::<Result<Vec<_>, _>>()?;
        let current = self.object.required("current-schema-id")?;
        self.check_ids("schemas", "current-schema-id", current, schemas.iter().map(|schema| schema.id))?;
        Ok((schemas, current))
    }

    fn partition_specs(&mut self, v1: bool) -> Result<(Vec<PartitionSpec>, i32), ParseError> {
        let legacy = if v1 { self.object.optional_array("partition-spec")? } else { None };
        let raw = self.object.optional_array("partition-specs")?;
        let Some(raw) = raw.filter(|raw| !v1 || !raw.is_empty()) else {
            let Some(legacy) = legacy else { return self.object.fail("field partition-specs is missing") };
            let fields = legacy.into_iter().map(|raw| PartitionField::read(self.source, raw.get()));
            let fields = fields.collect::<Result<_, _>>()?;
            let mut spec = PartitionSpec { id: 0, fields, unknown: Unknown::new() };
            self.number_fields(&mut spec, v1)?;
            self.object.optional::<i32>("default-spec-id")?;
            return Ok((vec![spec], 0));
        };
        let specs = raw.into_iter().map(|raw| PartitionSpec::read(self.source, raw.get()));
        let mut specs = specs.collect::<Result<Vec<_>, _>>()?;
        specs.iter_mut().try_for_each(|spec| self.number_fields(spec, v1))?;
        let default = self.object.required("default-spec-id")?;
        self.check_ids("partition-specs", "default-spec-id", default, specs.iter().map(|spec| spec.id))?;
        Ok((specs, default))
    }

    /// v1 writers left field ids out: they are the positions.
    fn number_fields(&self, spec: &mut PartitionSpec, v1: bool) -> Result<(), ParseError> {
        for (field, position) in spec.fields.iter_mut().zip(FIRST_FIELD_ID..) {
            if field.field_id.is_none() && !v1 {
                return self.object.fail(format!("partition field {} has no field-id", field.name));
            }
            field.field_id.get_or_insert(position);
        }
        Ok(())
    }

    fn last_partition_id(&mut self, v1: bool, specs: &[PartitionSpec]) -> Result<i32, ParseError> {
        let highest = specs.iter().map(PartitionSpec::last_field_id).max().unwrap_or(FIRST_FIELD_ID - 1);
        if v1 {
            Ok(self.object.optional("last-partition-id")?.unwrap_or(highest))
        } else {
            self.object.required("last-partition-id")
        }
    }

    fn sort_orders(&mut self, v1: bool) -> Result<(Vec<SortOrder>, i32), ParseError> {
        let raw = self.object.optional_array("sort-orders")?;
        let Some(raw) = raw.filter(|raw| !v1 || !raw.is_empty()) else {
            if !v1 {
                return self.object.fail("field sort-orders is missing");
            }
            self.object.optional::<i32>("default-sort-order-id")?;
            let unsorted = SortOrder::unsorted();
            let id = unsorted.id;
            return Ok((vec![unsorted], id));
        };
        let orders =
            raw.into_iter().map(|raw| SortOrder::read(self.source, raw.get())).collect::<Result<Vec<_>, _>>()?;
        let default = self.object.required("default-sort-order-id")?;
        self.check_ids("sort-orders", "default-sort-order-id", default, orders.iter().map(|order| order.id))?;
        Ok((orders, default))
    }

    fn last_sequence_number(&mut self, v1: bool) -> Result<i64, ParseError> {
        if !v1 {
            return self.object.required("last-sequence-number");
        }
        match self.object.optional("last-sequence-number")?.unwrap_or(0) {
            0 => Ok(0),
            number => self.object.fail(format!("Sequence number must be 0 in v1: {number}")),
        }
    }

    fn next_row_id(&mut self, format_version: u8) -> Result<Option<i64>, ParseError> {
        if format_version < ROW_LINEAGE_VERSION { Ok(None) } else { self.object.required("next-row-id").map(Some) }
    }

    /// Documents from before refs have one in effect: `main`.
    fn refs(&mut self, current: Option<i64>) -> Result<Vec<(String, SnapshotRef)>, ParseError> {
        let Some(raw) = self.object.take("refs")? else {
            return Ok(current.map(|id| (MAIN.to_owned(), SnapshotRef::branch(id))).into_iter().collect());
        };
        let refs = Object::parse(self.source, raw.get(), "refs")?;
        refs.into_entries().map(|(name, raw)| Ok((name, SnapshotRef::read(self.source, raw.get())?))).collect()
    }

    fn statistics(&mut self, key: &str) -> Result<Vec<StatisticsFile>, ParseError> {
        let raw = self.object.optional_array(key)?.unwrap_or_default();
        let files = raw.into_iter().map(|raw| RawJson::part_of(self.source, raw));
        files.map(|raw| StatisticsFile::new(raw, "statistics file")).collect()
    }

    fn encryption_keys(&mut self) -> Result<Vec<EncryptionKey>, ParseError> {
        let raw = self.object.optional_array("encryption-keys")?.unwrap_or_default();
        raw.into_iter().map(|raw| EncryptionKey::read(self.source, raw.get())).collect()
    }

    fn check_ids(&self, list: &str, key: &str, wanted: i32, ids: impl Iterator<Item = i32>) -> Result<(), ParseError> {
        let mut seen = HashSet::new();
        for id in ids {
            if !seen.insert(id) {
                return self.object.fail(format!("{list} has id {id} twice"));
            }
        }
        if seen.contains(&wanted) { Ok(()) } else { self.object.fail(format!("{list} has no {key}={wanted}")) }
    }
}

impl ReadJson for EncryptionKey {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "encryption key")?;
        object.required::<String>("encrypted-key-metadata")?;
        Ok(Self { id: object.required("key-id")?, raw: RawJson::slice_of(source, text) })
    }
}

impl EncryptionKey {
    /// Other readers decode what is encrypted, and refuse the table if they cannot.
    pub(crate) fn check_encoding(&self) -> Result<(), ParseError> {
        let mut object = Object::parse(self.raw.source(), self.raw.as_str(), "encryption key")?;
        let encoded: String = object.required("encrypted-key-metadata")?;
        let bare = encoded.trim_end_matches('=');
        let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        // Four characters are three bytes; one alone is none.
        let whole = encoded.len() - bare.len() <= 2 && bare.len() % 4 != 1;
        let padded = bare.len() == encoded.len() || encoded.len().is_multiple_of(4);
        if whole && padded && bare.bytes().all(alphabet) {
            return Ok(());
        }
        object.fail("field encrypted-key-metadata: it is not base64")
    }
}

impl StatisticsFile {
    pub(crate) fn new(raw: RawJson, what: &str) -> Result<Self, ParseError> {
        match peek_i64(raw.as_str(), "snapshot-id") {
            Some(snapshot_id) => Ok(Self { snapshot_id, raw }),
            None => Err(ParseError::new(what, "field snapshot-id is missing or not a number")),
        }
    }
}

impl ReadJson for SnapshotLogEntry {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "log entry")?;
        Ok(Self {
            timestamp_ms: object.required("timestamp-ms")?,
            snapshot_id: object.required("snapshot-id")?,
            unknown: object.unknown(),
        })
    }
}

impl ReadJson for MetadataLogEntry {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "log entry")?;
        Ok(Self {
            timestamp_ms: object.required("timestamp-ms")?,
            metadata_file: object.required("metadata-file")?,
            unknown: object.unknown(),
        })
    }
}

/// `s3://bucket/a/` and `s3://bucket/a` are one place.
pub(crate) fn without_trailing_slash(location: &str) -> &str {
    let mut location = location;
    while let Some(shorter) = location.strip_suffix('/').filter(|_| !location.ends_with("://")) {
        location = shorter;
    }
    location
}
