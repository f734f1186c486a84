//! Finding the brackets of a JSON text without reading what lies between them.
//!
//! Whether a bracket stands in a string is told by the quote before it: in JSON, what follows a quote that ends a string
//! is one of `,:}]`, and what precedes one that begins a string is one of `{[,:`. Only where both could be are quotes
//! counted. So most of a text is passed over at the speed of `memchr`, which knows the machine's vector instructions.
//!
//! For texts that are JSON, or whose parts are read as JSON afterwards: of others it may say anything.

use memchr::{memchr2, memrchr};

/// The brackets of one kind outside strings, in their order: where each stands, and how many are open behind it.
pub(crate) struct Brackets<'a> {
    bytes: &'a [u8],
    kind: [u8; 2],
    /// Where to look on.
    at: usize,
    /// A place, and whether it is in a string.
    known: (usize, bool),
    depth: usize,
}

impl<'a> Brackets<'a> {
    /// `[` and `]` of `bytes` from `start` on, which is outside strings.
    pub(crate) fn square(bytes: &'a [u8], start: usize) -> Self {
        Self { bytes, kind: *b"[]", at: start, known: (start, false), depth: 0 }
    }

    /// `{` and `}` of `bytes`, which begins outside strings.
    pub(crate) fn curly(bytes: &'a [u8]) -> Self {
        Self { kind: *b"{}", ..Self::square(bytes, 0) }
    }

    /// Whether the bracket at `at`, which lies behind all that were asked for, is in a string.
    fn in_string(&mut self, at: usize) -> bool {
        let (from, inside) = self.known;
        let between = self.bytes.get(from..at).unwrap_or_default();
        let inside = match memrchr(b'"', between).map(|quote| self.quote(from + quote)) {
            None => inside,
            Some(Quote::Begins | Quote::Escaped) => true,
            Some(Quote::Ends) => false,
            Some(Quote::Either) => ends_in_string(between, inside),
        };
        self.known = (at, inside);
        inside
    }

    fn quote(&self, at: usize) -> Quote {
        let (before, after) = (self.bytes.get(..at).unwrap_or_default(), self.bytes.get(at + 1..).unwrap_or_default());
        let escapes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
        if escapes % 2 == 1 {
            return Quote::Escaped;
        }
        match (before.trim_ascii_end().last(), after.trim_ascii_start().first()) {
            (_, Some(after)) if !b",:}]".contains(after) => Quote::Begins,
            (Some(before), _) if !b"{[,:".contains(before) => Quote::Ends,
            _ => Quote::Either,
        }
    }
}

enum Quote {
    Begins,
    Ends,
    Escaped,
    Either,
}

impl Iterator for Brackets<'_> {
    /// Where a bracket stands, and how many are open behind it.
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        let [open, close] = self.kind;
        loop {
            let at = self.at + memchr2(open, close, self.bytes.get(self.at..)?)?;
            self.at = at + 1;
            if self.in_string(at) {
                continue;
            }
            self.depth = if self.bytes.get(at) == Some(&open) { self.depth + 1 } else { self.depth.saturating_sub(1) };
            return Some((at, self.depth));
        }
    }
}

/// Whether the end of `text` is in a string if its beginning is or is not.
fn ends_in_string(text: &[u8], mut inside: bool) -> bool {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        match text.get(at - 1) {
            Some(b'"') => inside = !inside,
            _ => at += 1,
        }
    }
    inside
}

/// Behind the array that begins at `start`, or nothing if it does not end.
pub(super) fn end_of_array(bytes: &[u8], start: usize) -> Option<usize> {
    Brackets::square(bytes, start).find(|(_, depth)| *depth == 0).map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Brackets, end_of_array};

    fn end(array: &str) -> Option<usize> {
        let text = format!("  {array}, \"behind\": [1, 2]}}");
        end_of_array(text.as_bytes(), 2).map(|end| end - 2)
    }

    #[test]
    fn an_array_ends_at_its_own_bracket() {
        let long = format!(r#"[{{"a": "{}"}}, [[], ["]"]], "[", "\"]", "\\", "é]"]"#, "x".repeat(1_000));
        for array in [
            "[]",
            "[[]]",
            r#"["]"]"#,
            r#"["\"]"]"#,
            r#"["\\"]"#,
            r#"["\\\"]", {"]": "["}]"#,
            r#"[",", "]", ":", "[:", " ]", "] "]"#,
            r#"[{"],": "]", ":]": ["}]"]}]"#,
            r#"["\\]", "\\", "]\\"]"#,
            long.as_str(),
        ] {
            assert_eq!(end(array), Some(array.len()), "{array}");
        }
    }

    #[test]
    fn an_array_without_an_end_has_none() {
        for text in ["[", "[[]", r#"["]"#, r#"["\"#, "[\"\\"] {
            assert_eq!(end_of_array(text.as_bytes(), 0), None, "{text}");
        }
        let long = format!("[\"{}", "]".repeat(1_000));
        assert_eq!(end_of_array(long.as_bytes(), 0), None);
    }

    /// Arrays whose strings look like structure.
    fn tricky() -> impl Strategy<Value = Value> {
        let text = proptest::collection::vec(prop::sample::select(r#"[]{}",:\ x"#.chars().collect::<Vec<_>>()), 0..6);
        let leaf = prop_oneof![text.prop_map(|text| Value::from(text.into_iter().collect::<String>())), Just(1.into())];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec(("[\\]\\[}{\",:\\\\ ]{0,4}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_024))]

        #[test]
        fn brackets_are_those_that_a_reader_of_every_byte_finds(value in tricky(), pretty in any::<bool>()) {
            let array = Value::from(vec![value]);
            let text = if pretty { serde_json::to_string_pretty(&array).unwrap() } else { array.to_string() };
            let bytes = text.as_bytes();
            let (mut expected, mut inside, mut at) = (Vec::new(), false, 0);
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => inside = !inside,
                    b'\\' => at += 1,
                    b'[' | b']' | b'{' | b'}' if !inside => expected.push(at),
                    _ => {}
                }
                at += 1;
            }
            let square = Brackets::square(bytes, 0).map(|(at, _)| at);
            let mut found: Vec<usize> = square.chain(Brackets::curly(bytes).map(|(at, _)| at)).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected, "{}", text);
            prop_assert_eq!(end_of_array(bytes, 0), Some(bytes.len()), "{}", text);
        }
    }
}
