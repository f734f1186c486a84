//! Arrays that grow with a table's age.

use std::sync::OnceLock;

use bytes::Bytes;
use memchr::memmem;

use crate::error::ParseError;
use crate::json::{Brackets, ReadJson, WriteJson, elements};
use crate::snapshot::Snapshot;

/// An array of objects in a document, and what was added to it. The array stays the text that it was until somebody asks
/// what is in it: most commits only add.
#[derive(Debug, Clone)]
pub(crate) struct LongList<T> {
    /// What stands between the array's brackets.
    text: Bytes,
    added: Vec<T>,
    all: OnceLock<Vec<T>>,
}

impl<T> LongList<T> {
    pub(crate) fn of(elements: Vec<T>) -> Self {
        Self { text: Bytes::new(), added: elements, all: OnceLock::new() }
    }

    /// `text` is what stands between an array's brackets.
    pub(crate) fn unread(text: &Bytes) -> Self {
        Self { text: text.slice_ref(text.trim_ascii()), ..Self::of(Vec::new()) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.added.is_empty()
    }

    /// About how much it takes to write.
    pub(crate) fn size_hint(&self) -> usize {
        self.text.len() + 2_048 * self.added.len()
    }
}

impl<T: ReadJson + Clone> LongList<T> {
    /// All elements, in order.
    pub(crate) fn all(&self) -> Result<&[T], ParseError> {
        if self.text.is_empty() {
            return Ok(&self.added);
        }
        if let Some(all) = self.all.get() {
            return Ok(all);
        }
        let raw = elements(&self.text, "table metadata")?;
        let read = raw.into_iter().map(|raw| T::read(&self.text, raw.get()));
        let all = read.chain(self.added.iter().cloned().map(Ok)).collect::<Result<_, _>>()?;
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

    /// Drops the oldest, so that `count` are left.
    pub(crate) fn keep_last(&mut self, count: usize) {
        let starts = self.starts();
        let surplus = (starts.len() + self.added.len()).saturating_sub(count);
        if surplus == 0 {
            return;
        }
        self.all = OnceLock::new();
        self.text = starts.get(surplus).map(|start| self.text.slice(start..)).unwrap_or_default();
        self.added.drain(..surplus.saturating_sub(starts.len()));
    }

    /// Where each element of the text begins.
    fn starts(&self) -> Vec<usize> {
        let mut outer = 0;
        let begins = |(at, depth): (usize, usize)| {
            let begins = outer == 0 && depth == 1;
            outer = depth;
            begins.then_some(at)
        };
        Brackets::curly(&self.text).filter_map(begins).collect()
    }

    /// The last element: of the text, what is behind the last opening brace, if that is an element.
    pub(crate) fn last(&self) -> Result<Option<T>, ParseError> {
        if let Some(last) = self.added.last() {
            return Ok(Some(last.clone()));
        }
        match self.last_of_text() {
            Some(last) => Ok(Some(last)),
            None => Ok(self.all()?.last().cloned()),
        }
    }

    fn last_of_text(&self) -> Option<T> {
        let (before, last) = self.text.split_at(memchr::memrchr(b'{', &self.text)?);
        let begins = matches!(before.trim_ascii_end().last(), None | Some(b','));
        let last = std::str::from_utf8(last).ok().filter(|_| begins)?;
        T::read(&self.text, last).ok()
    }
}

impl LongList<Snapshot> {
    /// One snapshot. An id whose digits are nowhere in the text is not in the list.
    pub(crate) fn find(&self, id: i64) -> Result<Option<&Snapshot>, ParseError> {
        if let Some(added) = self.added.iter().find(|snapshot| snapshot.id() == id) {
            return Ok(Some(added));
        }
        if self.all.get().is_none() && memmem::find(&self.text, id.to_string().as_bytes()).is_none() {
            return Ok(None);
        }
        Ok(self.all()?.iter().find(|snapshot| snapshot.id() == id))
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
        out.push(b'[');
        out.extend_from_slice(&self.text);
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
    use crate::json::{ReadJson, WriteJson};
    use crate::snapshot::Snapshot;

    fn list<T>(text: &str) -> LongList<T> {
        let inner = text.strip_prefix('[').unwrap().strip_suffix(']').unwrap();
        LongList::unread(&Bytes::copy_from_slice(inner.as_bytes()))
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
            (r#"[ {"snapshot-id": 1} ]"#, r#"[{"snapshot-id": 1},{"snapshot-id":3}]"#),
        ] {
            let mut list = list(before);
            let count = list.all().unwrap().len();
            list.push(snapshot(r#"{"snapshot-id":3}"#));
            assert_eq!(written(&list), after);
            assert_eq!(list.all().unwrap().len(), count + 1);
            assert!(!list.is_empty());
        }
        assert!(list::<Snapshot>("[ ]").is_empty());
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
    #[test]
    fn the_oldest_go_whether_they_were_read_or_not() {
        let text = r#"[{"snapshot-id":1,"x":{"y":[{}]}}, {"snapshot-id":2,"x":"}{"}, {"snapshot-id":3}]"#;
        for (count, kept) in [(9, 4), (4, 4), (3, 3), (2, 2), (1, 1), (0, 0)] {
            for read in [false, true] {
                let mut list: LongList<Snapshot> = list(text);
                list.push(snapshot(r#"{"snapshot-id":4}"#));
                if read {
                    list.all().unwrap();
                }
                list.keep_last(count);
                let ids: Vec<i64> = list.all().unwrap().iter().map(Snapshot::id).collect();
                assert_eq!(ids, [1, 2, 3, 4][4 - kept..]);
                assert_eq!(serde_json::from_str::<Vec<Snapshot>>(&written(&list)).unwrap(), list.all().unwrap());
            }
        }
    }
}
