//! Arrays that grow with a table's age.

use std::sync::OnceLock;

use bytes::Bytes;
use memchr::memmem;
use serde_json::value::RawValue;

use crate::error::ParseError;
use crate::json::{RawJson, ReadJson, WriteJson};
use crate::metadata::SnapshotLogEntry;
use crate::snapshot::Snapshot;

/// An array of a document and what was added to it. The array stays the text that it was until somebody asks what is in
/// it: most commits only add.
#[derive(Debug, Clone)]
pub(crate) struct LongList<T> {
    text: Option<RawJson>,
    added: Vec<T>,
    all: OnceLock<Vec<T>>,
}

impl<T> LongList<T> {
    pub(crate) fn of(elements: Vec<T>) -> Self {
        Self { text: None, added: elements, all: OnceLock::new() }
    }

    /// `text` is an array, or nothing.
    pub(crate) fn unread(text: Option<RawJson>) -> Self {
        Self { text, ..Self::of(Vec::new()) }
    }

    /// About how much it takes to write.
    pub(crate) fn size_hint(&self) -> usize {
        self.text.as_ref().map_or(0, |text| text.as_bytes().len()) + 2_048 * self.added.len()
    }
}

impl<T: ReadJson + Clone> LongList<T> {
    /// All elements, in order.
    pub(crate) fn all(&self) -> Result<&[T], ParseError> {
        let Some(text) = &self.text else { return Ok(&self.added) };
        if let Some(all) = self.all.get() {
            return Ok(all);
        }
        let mut all = split(text.source())?;
        all.extend(self.added.iter().cloned());
        Ok(self.all.get_or_init(|| all))
    }

    pub(crate) fn push(&mut self, element: T) {
        if let Some(all) = self.all.get_mut() {
            all.push(element.clone());
        }
        self.added.push(element);
    }

    /// Drops elements; whether there were any to drop.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) -> Result<bool, ParseError> {
        if self.all()?.iter().all(&keep) {
            return Ok(false);
        }
        if let Some(all) = self.all.take() {
            *self = Self::of(all);
        }
        self.added.retain(keep);
        Ok(true)
    }

    pub(crate) fn is_empty(&self) -> Result<bool, ParseError> {
        Ok(self.added.is_empty() && self.all()?.is_empty())
    }
}

fn split<T: ReadJson>(array: &Bytes) -> Result<Vec<T>, ParseError> {
    let elements: Vec<&RawValue> =
        serde_json::from_slice(array).map_err(|error| ParseError::json("table metadata", &error))?;
    elements.into_iter().map(|raw| T::read(array, raw.get())).collect()
}

impl LongList<Snapshot> {
    /// One snapshot. An id whose digits are nowhere in the text is not in the list.
    pub(crate) fn find(&self, id: i64) -> Result<Option<&Snapshot>, ParseError> {
        if let Some(added) = self.added.iter().find(|snapshot| snapshot.id() == id) {
            return Ok(Some(added));
        }
        if let Some(all) = self.all.get() {
            return Ok(all.iter().find(|snapshot| snapshot.id() == id));
        }
        let digits = id.to_string();
        let absent = |text: &RawJson| memmem::find(text.as_bytes(), digits.as_bytes()).is_none();
        if self.text.as_ref().is_none_or(absent) {
            return Ok(None);
        }
        Ok(self.all()?.iter().find(|snapshot| snapshot.id() == id))
    }
}

impl LongList<SnapshotLogEntry> {
    /// The last entry: of the text, what is behind the last opening brace, if that is an entry.
    pub(crate) fn last(&self) -> Result<Option<SnapshotLogEntry>, ParseError> {
        if let Some(last) = self.added.last() {
            return Ok(Some(last.clone()));
        }
        match self.last_of_text() {
            Some(last) => Ok(Some(last)),
            None => Ok(self.all()?.last().cloned()),
        }
    }

    fn last_of_text(&self) -> Option<SnapshotLogEntry> {
        let bytes = self.text.as_ref()?.as_bytes().strip_suffix(b"]")?;
        let (before, last) = bytes.split_at(memchr::memrchr(b'{', bytes)?);
        let begins = matches!(before.trim_ascii_end().last(), Some(b'[' | b','));
        let last = Bytes::copy_from_slice(last.trim_ascii_end());
        let text = std::str::from_utf8(&last).ok().filter(|_| begins)?;
        SnapshotLogEntry::read(&last, text).ok()
    }
}

/// The same elements; how they were spaced does not count.
impl<T: ReadJson + Clone + PartialEq> PartialEq for LongList<T> {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

impl<T: WriteJson> WriteJson for LongList<T> {
    fn write_json(&self, out: &mut Vec<u8>) {
        let Some(text) = &self.text else { return self.added.write_json(out) };
        let inner = text.as_bytes().strip_suffix(b"]").unwrap_or_default().trim_ascii_end();
        out.extend_from_slice(inner);
        for element in &self.added {
            if out.last() != Some(&b'[') {
                out.push(b',');
            }
            element.write_json(out);
        }
        out.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::LongList;
    use crate::SnapshotLogEntry;
    use crate::json::{RawJson, ReadJson, WriteJson};
    use crate::snapshot::Snapshot;

    fn list<T>(text: &str) -> LongList<T> {
        LongList::unread(Some(RawJson::unread(Bytes::copy_from_slice(text.as_bytes()))))
    }

    fn snapshot(text: &str) -> Snapshot {
        Snapshot::read(&Bytes::new(), text).unwrap()
    }

    fn written<T: WriteJson>(list: &LongList<T>) -> String {
        let mut out = Vec::new();
        list.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_added_stands_behind_what_was_there() {
        for (before, after) in [
            ("[]", r#"[{"snapshot-id":3}]"#),
            ("[ \n ]", r#"[{"snapshot-id":3}]"#),
            (r#"[ {"snapshot-id": 1} ]"#, r#"[ {"snapshot-id": 1},{"snapshot-id":3}]"#),
        ] {
            let mut list = list(before);
            let count = list.all().unwrap().len();
            list.push(snapshot(r#"{"snapshot-id":3}"#));
            assert_eq!(written(&list), after);
            assert_eq!(list.all().unwrap().len(), count + 1);
            assert!(!list.is_empty().unwrap());
        }
        assert!(list::<Snapshot>("[ ]").is_empty().unwrap());
    }

    #[test]
    fn a_snapshot_is_found_by_its_id_and_not_by_its_digits() {
        let list: LongList<Snapshot> =
            list(r#"[{"snapshot-id": 12, "x": 34}, {"parent-snapshot-id": 12, "snapshot-id": 5}]"#);
        assert_eq!(list.find(5).unwrap().unwrap().id(), 5);
        for absent in [1, 34, 2, -5, 99] {
            assert!(list.find(absent).unwrap().is_none());
        }
    }

    #[test]
    fn a_snapshot_that_is_not_there_is_missed_without_a_look_at_the_others() {
        let damaged: LongList<Snapshot> = list(r#"[{"snapshot-id": 12, }]"#);
        assert!(damaged.find(7).unwrap().is_none());
        assert!(damaged.find(12).is_err());
        assert!(damaged.all().is_err());
    }

    #[test]
    fn the_last_entry_of_a_log_is_found_from_the_end() {
        for (text, last) in [
            (r#"[{"timestamp-ms": 1, "snapshot-id": 2}, {"timestamp-ms": 3, "snapshot-id": 4} ]"#, Some(4)),
            (r#"[{"timestamp-ms": 1, "snapshot-id": 2, "x": {"timestamp-ms": 3, "snapshot-id": 4}}]"#, Some(2)),
            (r#"[{"timestamp-ms": 1, "snapshot-id": 2, "x": [{"timestamp-ms": 3, "snapshot-id": 4}]}]"#, Some(2)),
            (r#"[{"timestamp-ms": 1, "snapshot-id": 2, "x": "{"}]"#, Some(2)),
            ("[ ]", None),
        ] {
            let log: LongList<SnapshotLogEntry> = list(text);
            assert_eq!(log.last().unwrap().map(|entry| entry.snapshot_id), last, "{text}");
        }
    }
}
