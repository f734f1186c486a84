//! JSON objects, written key by key.

use crate::json::{RawJson, Unknown, WriteJson};

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
        let plain = self.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if !plain {
            return out.push_str(&serde_json::Value::from(self).to_string());
        }
        out.push('"');
        out.push_str(self);
        out.push('"');
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
