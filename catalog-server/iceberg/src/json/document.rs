//! A whole document, in which some arrays grow with age: those are cut out unread.

use bytes::Bytes;

use crate::error::ParseError;
use crate::json::cursor::Cursor;
use crate::json::object::{Key, Object};
use crate::json::scan;

impl<'a> Object<'a> {
    /// As [`Self::parse`], for the object that `source` is, with long arrays under the keys `arrays`. Those are only
    /// looked through for their end; they are to be taken with [`Self::take_unread`].
    pub(crate) fn parse_document(
        source: &'a Bytes,
        what: &'static str,
        arrays: &'static [&'static str],
    ) -> Result<Self, ParseError> {
        let object = Self { what, source, entries: Vec::new(), arrays: Vec::new() };
        let mut reader = Reader { object, cursor: Cursor::new(source, what) };
        reader.read(arrays)?;
        Ok(reader.object)
    }

    /// What stands between the brackets of a long array; empty if it is not there, or null.
    pub(crate) fn take_unread(&mut self, key: &str) -> Result<Bytes, ParseError> {
        if let Some(position) = self.arrays.iter().position(|(name, _)| *name == key) {
            return Ok(self.arrays.swap_remove(position).1);
        }
        match self.take(key)? {
            None => Ok(Bytes::new()),
            Some(_) => self.fail(format!("field {key}: invalid type, expected a sequence")),
        }
    }
}

struct Reader<'a> {
    object: Object<'a>,
    cursor: Cursor<'a>,
}

impl Reader<'_> {
    fn read(&mut self, arrays: &'static [&'static str]) -> Result<(), ParseError> {
        if self.cursor.next() != Some(b'{') {
            return self.object.fail("expected an object");
        }
        self.cursor.at += 1;
        if self.cursor.next() == Some(b'}') {
            self.cursor.at += 1;
            return self.cursor.end();
        }
        loop {
            let Key(key) = self.cursor.value()?;
            self.cursor.expect(b':')?;
            match arrays.iter().find(|name| **name == key) {
                Some(name) if self.cursor.next() == Some(b'[') => self.cut_out(name)?,
                _ => {
                    let value = self.cursor.value()?;
                    self.object.entries.push((key, Some(value)));
                }
            }
            if self.cursor.next() != Some(b',') {
                self.cursor.expect(b'}')?;
                return self.cursor.end();
            }
            self.cursor.at += 1;
        }
    }

    fn cut_out(&mut self, name: &'static str) -> Result<(), ParseError> {
        let (source, start) = (self.cursor.source, self.cursor.at);
        let Some(end) = scan::end_of_array(source, start) else {
            return self.object.fail(format!("field {name}: it does not end"));
        };
        if self.object.arrays.iter().any(|(other, _)| *other == name) {
            return self.object.fail(format!("field {name} appears twice"));
        }
        self.object.arrays.push((name, source.slice(start + 1..end - 1)));
        self.cursor.at = end;
        Ok(())
    }
}
