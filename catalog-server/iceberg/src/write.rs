//! A [`TableMetadata`] becomes a document, its keys in the reference implementation's order.

use crate::json::{ObjectWriter, Unknown, WriteJson};
use crate::metadata::{EncryptionKey, MetadataLogEntry, SnapshotLogEntry, StatisticsFile, TableMetadata};
use crate::snapshot::SnapshotRef;

impl TableMetadata {
    /// The document as compact JSON. Parts that are kept as text are written as they were.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size_hint());
        self.write_json(&mut out);
        // Whoever keeps it keeps all that was allocated.
        out.shrink_to_fit();
        out
    }

    fn size_hint(&self) -> usize {
        self.snapshots.size_hint() + self.snapshot_log.size_hint() + self.metadata_log.size_hint() + 16 * 1024
    }
}

impl WriteJson for TableMetadata {
    fn write_json(&self, out: &mut Vec<u8>) {
        let v1 = self.format_version == 1;
        let mut object = ObjectWriter::new(out);
        object.field("format-version", &self.format_version);
        object.optional("table-uuid", self.uuid.map(|uuid| uuid.to_string()).as_ref());
        object.field("location", &self.location);
        if !v1 {
            object.field("last-sequence-number", &self.last_sequence_number);
        }
        object.field("last-updated-ms", &self.last_updated_ms);
        object.field("last-column-id", &self.last_column_id);
        if v1 {
            // For readers from before `schemas` and `partition-specs`.
            object.optional("schema", self.current_schema());
            object.optional("partition-spec", self.default_spec().map(|spec| &spec.fields));
        }
        object.field("current-schema-id", &self.current_schema_id);
        object.field("schemas", &self.schemas);
        object.field("default-spec-id", &self.default_spec_id);
        object.field("partition-specs", &self.partition_specs);
        object.field("last-partition-id", &self.last_partition_id);
        object.field("default-sort-order-id", &self.default_sort_order_id);
        object.field("sort-orders", &self.sort_orders);
        object.field("properties", &self.properties);
        self.write_state(&mut object);
        object.end(&self.unknown);
    }
}

impl TableMetadata {
    fn write_state(&self, object: &mut ObjectWriter<'_>) {
        match self.current_snapshot_id {
            Some(id) => object.field("current-snapshot-id", &id),
            // Readers of v1 and v2 look for -1; v3 has no such number.
            None if self.format_version < 3 => object.field("current-snapshot-id", &-1_i64),
            None => {}
        }
        object.optional("next-row-id", self.next_row_id.as_ref());
        if !self.encryption_keys.is_empty() {
            object.field("encryption-keys", &self.encryption_keys);
        }
        object.field("refs", &Refs(&self.refs));
        object.field("snapshots", &self.snapshots);
        object.field("statistics", &self.statistics);
        object.field("partition-statistics", &self.partition_statistics);
        object.field("snapshot-log", &self.snapshot_log);
        object.field("metadata-log", &self.metadata_log);
    }
}

struct Refs<'a>(&'a [(String, SnapshotRef)]);

impl WriteJson for Refs<'_> {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        for (name, reference) in self.0 {
            object.field(name, reference);
        }
        object.end(&Unknown::new());
    }
}

impl WriteJson for StatisticsFile {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.raw.write_json(out);
    }
}

impl WriteJson for EncryptionKey {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.raw.write_json(out);
    }
}

impl WriteJson for SnapshotLogEntry {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { timestamp_ms, snapshot_id, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("timestamp-ms", timestamp_ms);
        object.field("snapshot-id", snapshot_id);
        object.end(unknown);
    }
}

impl WriteJson for MetadataLogEntry {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { timestamp_ms, metadata_file, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("timestamp-ms", timestamp_ms);
        object.field("metadata-file", metadata_file);
        object.end(unknown);
    }
}
