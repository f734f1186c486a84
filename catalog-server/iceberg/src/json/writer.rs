//! JSON objects, written key by key.

use crate::json::{RawJson, Unknown, WriteJson};

/// Writes one object, key by key.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    pub(crate) fn field<T: WriteJson + ?Sized>(&mut self, key: &str, value: &T) {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        key.write_json(self.out);
        self.out.push(b':');
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
        self.out.push(b'}');
    }
}

macro_rules! write_number {
    ($($type:ty)*) => {
        $(impl WriteJson for $type {
            fn write_json(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.to_string().as_bytes());
            }
        })*
    };
}
write_number!(i32 i64 u8 bool);

impl WriteJson for str {
    fn write_json(&self, out: &mut Vec<u8>) {
        let plain = self.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if !plain {
            return out.extend_from_slice(serde_json::Value::from(self).to_string().as_bytes());
        }
        out.push(b'"');
        out.extend_from_slice(self.as_bytes());
        out.push(b'"');
    }
}

impl WriteJson for String {
    fn write_json(&self, out: &mut Vec<u8>) {
        self.as_str().write_json(out);
    }
}

impl WriteJson for RawJson {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl<T: WriteJson> WriteJson for Vec<T> {
    fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, element) in self.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            element.write_json(out);
        }
        out.push(b']');
    }
}
