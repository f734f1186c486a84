//! A document becomes a [`ViewMetadata`].

use bytes::Bytes;
use std::collections::BTreeSet;

use crate::error::ParseError;
use crate::json::{Object, ReadJson};
use crate::parse::without_trailing_slash;
use crate::view::metadata::{FORMAT_VERSION, VersionLogEntry, ViewMetadata};

const WHAT: &str = "view metadata";

impl ViewMetadata {
    /// Reads a metadata document of format version 1, uncompressed.
    ///
    /// # Errors
    /// Whatever is not a document that the reference implementation would read, with what is wrong in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(bytes).map_err(|error| ParseError::new(WHAT, error.to_string()))?;
        let source = Bytes::copy_from_slice(bytes);
        let metadata = read(&source, Object::parse(&source, text, WHAT)?)?;
        metadata.check_references()?;
        Ok(metadata)
    }

    /// Ids are used once, and what the current version refers to is there. Older versions may refer to what is gone.
    fn check_references(&self) -> Result<(), ParseError> {
        let schemas = unique("schemas", self.schemas.iter().map(|schema| schema.id))?;
        let versions = unique("versions", self.versions.iter().map(|version| version.id))?;
        let id = self.current_version_id;
        let Some(current) = self.current_version() else {
            let reason = format!("Cannot find current version {id} in view versions: {}", listed(&versions));
            return Err(ParseError::new(WHAT, reason));
        };
        let id = current.schema_id;
        if !schemas.contains(&id) {
            let reason = format!("Cannot find current schema with id {id} in schemas: {}", listed(&schemas));
            return Err(ParseError::new(WHAT, reason));
        }
        Ok(())
    }
}

fn read(source: &Bytes, mut object: Object<'_>) -> Result<ViewMetadata, ParseError> {
    let version: i64 = object.required("format-version")?;
    if version != i64::from(FORMAT_VERSION) {
        return object.fail(format!("Unsupported format version: {version}"));
    }
    let location: String = object.required("location")?;
    Ok(ViewMetadata {
        uuid: object.required("view-uuid")?,
        location: without_trailing_slash(&location).to_owned(),
        properties: object.optional("properties")?.unwrap_or_default(),
        schemas: list(source, &mut object, "schemas")?,
        current_version_id: object.required("current-version-id")?,
        versions: list(source, &mut object, "versions")?,
        version_log: list(source, &mut object, "version-log")?,
        unknown: object.unknown(),
    })
}

fn list<T: ReadJson>(source: &Bytes, object: &mut Object<'_>, key: &str) -> Result<Vec<T>, ParseError> {
    object.array(key)?.into_iter().map(|raw| T::read(source, raw.get())).collect()
}

fn unique(list: &str, ids: impl Iterator<Item = i32>) -> Result<BTreeSet<i32>, ParseError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(ParseError::new(WHAT, format!("{list} has id {id} twice")));
        }
    }
    Ok(seen)
}

fn listed(ids: &BTreeSet<i32>) -> String {
    let ids: Vec<String> = ids.iter().map(i32::to_string).collect();
    format!("[{}]", ids.join(", "))
}

impl ReadJson for VersionLogEntry {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "version log entry")?;
        Ok(Self {
            timestamp_ms: object.required("timestamp-ms")?,
            version_id: object.required("version-id")?,
            unknown: object.unknown(),
        })
    }
}
