//! JSON objects, split into keys and raw values.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::json::{RawJson, Unknown};

/// A JSON object split into keys and raw values.
pub(crate) struct Object<'a> {
    pub(super) what: &'static str,
    pub(super) source: &'a Bytes,
    pub(super) entries: Vec<(Cow<'a, str>, Option<&'a RawValue>)>,
    /// What stands between the brackets of long arrays, unread.
    pub(super) arrays: Vec<(&'static str, Bytes)>,
}

impl<'a> Object<'a> {
    /// `text` is `source` or a part of it; `what` names the object in errors.
    pub(crate) fn parse(source: &'a Bytes, text: &'a str, what: &'static str) -> Result<Self, ParseError> {
        let mut object = Self { what, source, entries: Vec::new(), arrays: Vec::new() };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = deserializer.deserialize_map(Split { object: &mut object });
        read.and_then(|()| deserializer.end()).map_err(|error| ParseError::json(what, &error))?;
        Ok(object)
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

/// An object's key, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

struct Split<'o, 'a> {
    object: &'o mut Object<'a>,
}

impl<'a> Visitor<'a> for Split<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key::<Key<'a>>()? {
            self.object.entries.push((key, Some(map.next_value()?)));
        }
        Ok(())
    }
}
