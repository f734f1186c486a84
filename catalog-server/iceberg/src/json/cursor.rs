//! Reading a text value by value, where one piece of it is to be passed over.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ParseError;

/// A place in a JSON text.
pub(super) struct Cursor<'a> {
    pub(super) what: &'static str,
    pub(super) source: &'a Bytes,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of `source`; `what` names it in errors.
    pub(super) fn new(source: &'a Bytes, what: &'static str) -> Self {
        Self { what, source, at: 0 }
    }

    /// Reads one value and goes behind it.
    pub(super) fn value<T: Deserialize<'a>>(&mut self) -> Result<T, ParseError> {
        let rest: &'a [u8] = self.source.get(self.at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<T>();
        let value = match values.next() {
            Some(read) => read.map_err(|error| ParseError::json(self.what, &error))?,
            None => return self.fail("EOF while parsing a value"),
        };
        self.at += values.byte_offset();
        Ok(value)
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<(), ParseError> {
        if self.next() != Some(byte) {
            return self.fail(format!("expected `{}`", char::from(byte)));
        }
        self.at += 1;
        Ok(())
    }

    /// Nothing may follow but white space.
    pub(super) fn end(&mut self) -> Result<(), ParseError> {
        match self.next() {
            None => Ok(()),
            Some(_) => self.fail("trailing characters"),
        }
    }

    /// The next byte that is not white space.
    pub(super) fn next(&mut self) -> Option<u8> {
        while let Some(byte) = self.source.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    pub(super) fn fail<T>(&self, reason: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError::new(self.what, reason))
    }
}

/// The elements of an array whose brackets are cut off.
pub(crate) fn elements<'a>(source: &'a Bytes, what: &'static str) -> Result<Vec<&'a RawValue>, ParseError> {
    let mut cursor = Cursor::new(source, what);
    let mut elements = Vec::new();
    if cursor.next().is_none() {
        return Ok(elements);
    }
    loop {
        elements.push(cursor.value()?);
        if cursor.next().is_none() {
            return Ok(elements);
        }
        cursor.expect(b',')?;
    }
}
