//! Reading and writing JSON objects of which only some keys are known.
//!
//! serde's derive either drops unknown keys or (`flatten`) turns them into values and loses the original text of
//! numbers. Here an object is split into keys and raw texts; known keys are taken off, the rest is kept as it was.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::limits::check_shape;

mod object;
mod writer;

pub(crate) use object::{Key, Object};
pub(crate) use writer::ObjectWriter;

/// A JSON value kept as the text it was written in; shares the text of the document that it came from.
#[derive(Clone)]
pub struct RawJson {
    text: Arc<str>,
    range: Range<usize>,
}

impl RawJson {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }

    /// `raw` as a part of `source`, without a copy if it is one.
    pub(crate) fn part_of(source: &Arc<str>, raw: &RawValue) -> Self {
        Self::slice_of(source, raw.get())
    }

    /// As [`Self::part_of`], for a text that is known to be JSON.
    pub(crate) fn slice_of(source: &Arc<str>, text: &str) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
        let range = start..start.wrapping_add(text.len());
        if source.get(range.clone()).is_some_and(|part| std::ptr::eq(part, text)) {
            Self { text: source.clone(), range }
        } else {
            Self::whole(text.into())
        }
    }

    pub(crate) fn whole(text: Arc<str>) -> Self {
        let range = 0..text.len();
        Self { text, range }
    }

    /// The document that this is a part of.
    pub(crate) fn source(&self) -> &Arc<str> {
        &self.text
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
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
    fn read(source: &Arc<str>, text: &str) -> Result<Self, ParseError>;
}

/// Deserialises a part of a request through its raw text, so that nothing of it is lost on the way.
pub(crate) fn deserialize_raw<'de, T: ReadJson, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let source: Arc<str> = raw.get().into();
    check_shape(&source).map_err(serde::de::Error::custom)?;
    T::read(&source, &source).map_err(serde::de::Error::custom)
}

/// Something with a JSON text.
pub(crate) trait WriteJson {
    fn write_json(&self, out: &mut String);
}

pub(crate) fn serialize_raw<T: WriteJson, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    value.write_json(&mut text);
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
