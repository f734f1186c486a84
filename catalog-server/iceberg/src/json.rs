//! Reading and writing JSON objects of which only some keys are known.
//!
//! serde's derive either drops unknown keys or (`flatten`) turns them into values and loses the original text of
//! numbers. Here an object is split into keys and raw texts; known keys are taken off, the rest is kept as it was.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::ParseError;

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
        let text = raw.get();
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

/// A JSON object split into keys and raw values.
pub(crate) struct Object<'a> {
    what: &'static str,
    source: &'a Arc<str>,
    entries: Vec<(Cow<'a, str>, Option<&'a RawValue>)>,
}

impl<'a> Object<'a> {
    /// `text` is `source` or a part of it; `what` names the object in errors.
    pub(crate) fn parse(source: &'a Arc<str>, text: &'a str, what: &'static str) -> Result<Self, ParseError> {
        let Entries(entries) = serde_json::from_str(text).map_err(|error| ParseError::json(what, &error))?;
        Ok(Self { what, source, entries })
    }

    /// The raw value of `key`, if it is there and not null.
    pub(crate) fn take(&mut self, key: &str) -> Result<Option<&'a RawValue>, ParseError> {
        let mut found = None;
        for (name, value) in &mut self.entries {
            if name == key && found.replace(value.take()).is_some() {
                return self.fail(format!("field {key} appears twice"));
            }
        }
        Ok(found.flatten().filter(|raw| raw.get() != "null"))
    }

    pub(crate) fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, ParseError> {
        let Some(raw) = self.take(key)? else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|error| ParseError::field(self.what, key, &error))
    }

    pub(crate) fn required<T: DeserializeOwned>(&mut self, key: &str) -> Result<T, ParseError> {
        match self.optional(key)? {
            Some(value) => Ok(value),
            None => self.fail(format!("field {key} is missing")),
        }
    }

    pub(crate) fn required_raw(&mut self, key: &str) -> Result<&'a RawValue, ParseError> {
        match self.take(key)? {
            Some(raw) => Ok(raw),
            None => self.fail(format!("field {key} is missing")),
        }
    }

    pub(crate) fn optional_kept(&mut self, key: &str) -> Result<Option<RawJson>, ParseError> {
        Ok(self.take(key)?.map(|raw| RawJson::part_of(self.source, raw)))
    }

    /// The elements of an array, none if `key` is absent.
    pub(crate) fn optional_array(&mut self, key: &str) -> Result<Option<Vec<&'a RawValue>>, ParseError> {
        let Some(raw) = self.take(key)? else { return Ok(None) };
        serde_json::from_str(raw.get()).map(Some).map_err(|error| ParseError::field(self.what, key, &error))
    }

    pub(crate) fn array(&mut self, key: &str) -> Result<Vec<&'a RawValue>, ParseError> {
        match self.optional_array(key)? {
            Some(elements) => Ok(elements),
            None => self.fail(format!("field {key} is missing")),
        }
    }

    /// Keys in order with their raw values, whatever they are: for objects used as maps.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (String, &'a RawValue)> {
        self.entries.into_iter().filter_map(|(key, value)| Some((key.into_owned(), value?)))
    }

    /// What nobody took.
    pub(crate) fn unknown(self) -> Unknown {
        let source = self.source;
        self.into_entries().map(|(key, raw)| (key, RawJson::part_of(source, raw))).collect()
    }

    pub(crate) fn fail<T>(&self, reason: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(self.what, reason))
    }
}

struct Entries<'a>(Vec<(Cow<'a, str>, Option<&'a RawValue>)>);

/// An object's key, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), raw)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    entries.push((key, Some(raw)));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// Something read from a JSON text that is a part of `source`.
pub(crate) trait ReadJson: Sized {
    fn read(source: &Arc<str>, text: &str) -> Result<Self, ParseError>;
}

/// Deserialises through the raw text, so that nothing of it is lost on the way.
pub(crate) fn deserialize_raw<'de, T: ReadJson, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let source: Arc<str> = raw.get().into();
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

macro_rules! write_number {
    ($($type:ty)*) => {
        $(impl WriteJson for $type {
            fn write_json(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }
        })*
    };
}
write_number!(i32 i64 u8 bool);

impl WriteJson for str {
    fn write_json(&self, out: &mut String) {
        out.push_str(&serde_json::Value::from(self).to_string());
    }
}

impl WriteJson for String {
    fn write_json(&self, out: &mut String) {
        self.as_str().write_json(out);
    }
}

impl WriteJson for RawJson {
    fn write_json(&self, out: &mut String) {
        out.push_str(self.as_str());
    }
}

impl<T: WriteJson> WriteJson for Vec<T> {
    fn write_json(&self, out: &mut String) {
        out.push('[');
        for (index, element) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            element.write_json(out);
        }
        out.push(']');
    }
}

/// Writes one object, key by key.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    pub(crate) fn field<T: WriteJson + ?Sized>(&mut self, key: &str, value: &T) {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(',');
        }
        key.write_json(self.out);
        self.out.push(':');
        value.write_json(self.out);
    }

    pub(crate) fn optional<T: WriteJson>(&mut self, key: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.field(key, value);
        }
    }

    /// Writes the keys that nobody knew and ends the object.
    pub(crate) fn end(mut self, unknown: &Unknown) {
        for (key, value) in unknown {
            self.field(key, value);
        }
        self.out.push('}');
    }
}
