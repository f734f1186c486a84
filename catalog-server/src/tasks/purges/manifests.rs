//! What manifest lists and manifests name (spec, "Manifests"). Pure: from the bytes of an Avro file to locations, an
//! entry at a time. Whatever else stands in them is not kept.

use apache_avro::Reader;
use apache_avro::types::Value;

/// `status` of an entry whose file the snapshot no longer has.
const DELETED: i64 = 2;

/// A manifest, as a manifest list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Its location.
    pub(super) location: String,
    /// The snapshot that wrote it.
    pub(super) added_by: Option<i64>,
}

/// A data or delete file, as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its location.
    pub(super) location: String,
    /// The snapshot that added it; `None` if it is the one that wrote the manifest.
    pub(super) added_by: Option<i64>,
}

/// Why a file cannot be read: it is damaged, encrypted, or no manifest.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// It is no Avro.
    #[error("it cannot be read as Avro")]
    Avro(#[source] Box<apache_avro::Error>),
    /// It lacks what each manifest has.
    #[error("one of its records has no {0}")]
    Field(&'static str),
}

impl From<apache_avro::Error> for Unreadable {
    fn from(error: apache_avro::Error) -> Self {
        Self::Avro(Box::new(error))
    }
}

/// The manifests that a list names.
pub(super) fn of_list(bytes: &[u8]) -> Result<Vec<Manifest>, Unreadable> {
    Reader::new(bytes)?
        .map(|record| {
            let record = record?;
            let location = text(&record, "manifest_path").ok_or(Unreadable::Field("manifest_path"))?;
            Ok(Manifest { location: location.to_owned(), added_by: number(&record, "added_snapshot_id") })
        })
        .collect()
}

/// The live entries of a manifest, block by block.
pub(super) fn entries(bytes: &[u8]) -> Result<impl Iterator<Item = Result<Entry, Unreadable>>, Unreadable> {
    Ok(Reader::new(bytes)?.filter_map(|record| record.map_err(Unreadable::from).and_then(|r| entry(&r)).transpose()))
}

/// `None` for an entry that only says that the file is not there any more.
fn entry(record: &Value) -> Result<Option<Entry>, Unreadable> {
    if number(record, "status").ok_or(Unreadable::Field("status"))? == DELETED {
        return Ok(None);
    }
    let file = field(record, "data_file").ok_or(Unreadable::Field("data_file"))?;
    let location = text(file, "file_path").ok_or(Unreadable::Field("file_path"))?;
    Ok(Some(Entry { location: location.to_owned(), added_by: number(record, "snapshot_id") }))
}

/// A field of a record, out of its union with null.
fn field<'v>(record: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Record(fields) = record else { return None };
    match fields.iter().find(|(other, _)| other == name)? {
        (_, Value::Union(_, value)) => Some(value),
        (_, value) => Some(value),
    }
}

fn text<'v>(record: &'v Value, name: &str) -> Option<&'v str> {
    match field(record, name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn number(record: &Value, name: &str) -> Option<i64> {
    match field(record, name)? {
        Value::Long(number) => Some(*number),
        Value::Int(number) => Some(i64::from(*number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use apache_avro::{Codec, DeflateSettings, Schema, Writer};

    use super::*;

    const MANIFEST: &str = r#"{"type": "record", "name": "manifest_entry", "fields": [
        {"name": "status", "type": "int", "field-id": 0},
        {"name": "snapshot_id", "type": ["null", "long"], "default": null, "field-id": 1},
        {"name": "data_file", "field-id": 2, "type": {"type": "record", "name": "r2", "fields": [
            {"name": "content", "type": "int", "field-id": 134},
            {"name": "file_path", "type": "string", "field-id": 100}]}}]}"#;
    const LIST: &str = r#"{"type": "record", "name": "manifest_file", "fields": [
        {"name": "manifest_path", "type": "string", "field-id": 500},
        {"name": "added_snapshot_id", "type": "long", "field-id": 503}]}"#;

    fn file(schema: &str, records: Vec<Value>) -> Vec<u8> {
        let schema = Schema::parse_str(schema).unwrap();
        let mut writer = Writer::with_codec(&schema, Vec::new(), Codec::Deflate(DeflateSettings::default()));
        for record in records {
            writer.append(record).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn record(fields: Vec<(&str, Value)>) -> Value {
        Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn one(status: i32, snapshot: Option<i64>, path: &str) -> Value {
        let snapshot =
            snapshot.map_or(Value::Union(0, Box::new(Value::Null)), |id| Value::Union(1, Box::new(Value::Long(id))));
        let data = record(vec![("content", Value::Int(0)), ("file_path", Value::String(path.to_owned()))]);
        record(vec![("status", Value::Int(status)), ("snapshot_id", snapshot), ("data_file", data)])
    }

    #[test]
    fn live_entries_are_told_with_the_snapshot_that_added_them() {
        let bytes = file(MANIFEST, vec![one(1, None, "a"), one(0, Some(7), "b"), one(2, Some(8), "c")]);
        let found: Vec<_> = entries(&bytes).unwrap().map(Result::unwrap).collect();
        let entry = |location: &str, added_by| Entry { location: location.to_owned(), added_by };
        assert_eq!(found, [entry("a", None), entry("b", Some(7))]);
    }

    #[test]
    fn a_list_names_its_manifests() {
        let path = ("manifest_path", Value::String("m".to_owned()));
        let bytes = file(LIST, vec![record(vec![path, ("added_snapshot_id", Value::Long(7))])]);
        assert_eq!(of_list(&bytes).unwrap(), [Manifest { location: "m".to_owned(), added_by: Some(7) }]);
    }

    #[test]
    fn what_is_no_manifest_or_torn_is_unreadable_and_not_empty() {
        assert!(of_list(b"").is_err() && entries(b"PAR1 and more").is_err());
        let bytes = file(MANIFEST, vec![one(1, None, "a"), one(1, None, "b")]);
        let torn: Vec<_> = entries(&bytes[..bytes.len() - 9]).unwrap().collect();
        assert!(torn.iter().any(Result::is_err), "{torn:?}");
        let list = file(LIST, Vec::new());
        assert_eq!(of_list(&list).unwrap(), []);
        let other = file(
            r#"{"type": "record", "name": "r", "fields": [{"name": "x", "type": "int"}]}"#,
            vec![record(vec![("x", Value::Int(1))])],
        );
        assert!(matches!(of_list(&other), Err(Unreadable::Field("manifest_path"))));
    }
}
