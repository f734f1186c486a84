//! A [`ViewMetadata`] becomes a document, its keys in the reference implementation's order.

use crate::json::{ObjectWriter, WriteJson};
use crate::view::metadata::{FORMAT_VERSION, VersionLogEntry, ViewMetadata};

impl ViewMetadata {
    /// The document as compact JSON. Parts that are kept as text are written as they were.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_json(&mut out);
        out.shrink_to_fit();
        out
    }
}

impl WriteJson for ViewMetadata {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { uuid, location, properties, schemas, current_version_id, versions, version_log, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("view-uuid", &uuid.to_string());
        object.field("format-version", &FORMAT_VERSION);
        object.field("location", location);
        if !properties.is_empty() {
            object.field("properties", properties);
        }
        object.field("schemas", schemas);
        object.field("current-version-id", current_version_id);
        object.field("versions", versions);
        object.field("version-log", version_log);
        object.end(unknown);
    }
}

impl WriteJson for VersionLogEntry {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Self { timestamp_ms, version_id, unknown } = self;
        let mut object = ObjectWriter::new(out);
        object.field("timestamp-ms", timestamp_ms);
        object.field("version-id", version_id);
        object.end(unknown);
    }
}
