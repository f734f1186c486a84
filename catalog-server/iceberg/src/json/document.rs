//! A whole document, in which some arrays grow with age: those are cut out unread.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::json::object::{Key, Object};
use crate::json::{RawJson, scan};

impl<'a> Object<'a> {
    /// As [`Self::parse`], for the object that `source` is, with long arrays under the keys `arrays`. Those are only
    /// looked through for their end; they are to be taken with [`Self::take_unread`].
    pub(crate) fn parse_document(
        source: &'a Bytes,
        what: &'static str,
        arrays: &'static [&'static str],
    ) -> Result<Self, ParseError> {
        let object = Self { what, source, entries: Vec::new(), arrays: Vec::new() };
        let mut reader = Reader { object, at: 0 };
        reader.read(arrays)?;
        Ok(reader.object)
    }

    /// The text of a long array, if it is there and not null.
    pub(crate) fn take_unread(&mut self, key: &str) -> Result<Option<RawJson>, ParseError> {
        if let Some(position) = self.arrays.iter().position(|(name, _)| *name == key) {
            return Ok(Some(self.arrays.swap_remove(position).1));
        }
        match self.take(key)? {
            None => Ok(None),
            Some(_) => self.fail(format!("field {key}: invalid type, expected a sequence")),
        }
    }
}

struct Reader<'a> {
    object: Object<'a>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, arrays: &'static [&'static str]) -> Result<(), ParseError> {
        if self.next() != Some(b'{') {
            return self.object.fail("expected an object");
        }
        self.at += 1;
        if self.next() == Some(b'}') {
            self.at += 1;
            return self.end();
        }
        loop {
            let Key(key) = self.value()?;
            self.expect(b':')?;
            match arrays.iter().find(|name| **name == key) {
                Some(name) if self.next() == Some(b'[') => self.cut_out(name)?,
                _ => {
                    let value: &'a RawValue = self.value()?;
                    self.object.entries.push((key, Some(value)));
                }
            }
            if self.next() != Some(b',') {
                self.expect(b'}')?;
                return self.end();
            }
            self.at += 1;
        }
    }

    fn cut_out(&mut self, name: &'static str) -> Result<(), ParseError> {
        let source = self.object.source;
        let Some(end) = scan::end_of_array(source, self.at) else {
            return self.object.fail(format!("field {name}: it does not end"));
        };
        if self.object.arrays.iter().any(|(other, _)| *other == name) {
            return self.object.fail(format!("field {name} appears twice"));
        }
        self.object.arrays.push((name, RawJson::unread(source.slice(self.at..end))));
        self.at = end;
        Ok(())
    }

    /// Reads one value and goes behind it.
    fn value<T: Deserialize<'a>>(&mut self) -> Result<T, ParseError> {
        let rest: &'a [u8] = self.object.source.get(self.at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<T>();
        let value = match values.next() {
            Some(read) => read.map_err(|error| ParseError::json(self.object.what, &error))?,
            None => return self.object.fail("EOF while parsing an object"),
        };
        self.at += values.byte_offset();
        Ok(value)
    }

    fn expect(&mut self, byte: u8) -> Result<(), ParseError> {
        if self.next() != Some(byte) {
            return self.object.fail(format!("expected `{}`", char::from(byte)));
        }
        self.at += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), ParseError> {
        match self.next() {
            None => Ok(()),
            Some(_) => self.object.fail("trailing characters"),
        }
    }

    /// The next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.object.source.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }
}
