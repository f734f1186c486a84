//! Reading and writing JSON objects of which only some keys are known.
//!
//! serde's derive either drops unknown keys or (`flatten`) turns them into values and loses the original text of
//! numbers. Here an object is split into keys and raw texts; known keys are taken off, the rest is kept as it was.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::limits::check_shape;

mod cursor;
mod document;
mod object;
mod scan;
mod writer;

pub(crate) use cursor::elements;
pub(crate) use object::{Key, Object};
pub(crate) use scan::Brackets;
pub(crate) use writer::ObjectWriter;

/// A JSON value kept as the text it was written in; shares the bytes of the document that it came from.
#[derive(Clone)]
pub struct RawJson {
    bytes: Bytes,
}

impl RawJson {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `raw` as a part of `source`, without a copy if it is one.
    pub(crate) fn part_of(source: &Bytes, raw: &RawValue) -> Self {
        Self::slice_of(source, raw.get())
    }

    /// As [`Self::part_of`], for a text that is known to be JSON.
    pub(crate) fn slice_of(source: &Bytes, text: &str) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
        let range = start..start.wrapping_add(text.len());
        if source.get(range.clone()).is_some_and(|part| std::ptr::eq(part, text.as_bytes())) {
            Self { bytes: source.slice(range) }
        } else {
            Self { bytes: Bytes::copy_from_slice(text.as_bytes()) }
        }
    }

    /// A text that was JSON when the document was checked.
    pub(crate) fn unread(bytes: Bytes) -> Self {
        Self { bytes }
    }

    /// Returns the object without its members that are null. They mean the same as absent ones, but the reference
    /// implementation refuses documents that have them.
    pub(crate) fn without_nulls(self, what: &'static str) -> Result<Self, ParseError> {
        if !self.as_str().contains("null") {
            return Ok(self);
        }
        let members = Object::parse(self.source(), self.as_str(), what)?.unknown();
        let kept: Unknown = members.into_iter().filter(|(_, value)| value.as_str() != "null").collect();
        let mut text = Vec::new();
        ObjectWriter::new(&mut text).end(&kept);
        Ok(Self::unread(text.into()))
    }

    /// The bytes of the value alone.
    pub(crate) fn source(&self) -> &Bytes {
        &self.bytes
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Keys that are not known here, with their values, in order.
pub(crate) type Unknown = Vec<(String, RawJson)>;

/// Something read from a JSON text that is a part of `source`.
pub(crate) trait ReadJson: Sized {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError>;
}

/// Deserialises a part of a request through its raw text, so that nothing of it is lost on the way.
pub(crate) fn deserialize_raw<'de, T: ReadJson, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let source = Bytes::copy_from_slice(raw.get().as_bytes());
    check_shape(raw.get()).map_err(serde::de::Error::custom)?;
    T::read(&source, raw.get()).map_err(serde::de::Error::custom)
}

/// Something with a JSON text.
pub(crate) trait WriteJson {
    fn write_json(&self, out: &mut Vec<u8>);
}

pub(crate) fn serialize_raw<T: WriteJson, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = Vec::new();
    value.write_json(&mut text);
    let text = String::from_utf8(text).map_err(serde::ser::Error::custom)?;
    RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

/// Serde's traits over [`ReadJson`] and [`WriteJson`].
macro_rules! serde_through_raw {
    ($type:ty) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::json::deserialize_raw(deserializer)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::json::serialize_raw(self, serializer)
            }
        }
    };
}
pub(crate) use serde_through_raw;
