//! Finding where a long array ends without reading what is in it.

/// So many bytes are looked at together; the compiler makes vector instructions of it.
const BLOCK: usize = 256;

/// Behind the array that begins at `start`, or nothing if it does not end.
///
/// Only strings and square brackets are followed, so what lies between them may be anything: for documents that were
/// checked before.
pub(super) fn end_of_array(bytes: &[u8], start: usize) -> Option<usize> {
    let mut scan = Scan { at: start, depth: 0, in_string: false };
    loop {
        if let Some(block) = bytes.get(scan.at..).and_then(<[u8]>::first_chunk::<BLOCK>)
            && scan.skip(block)
        {
            continue;
        }
        let limit = scan.at + BLOCK;
        while scan.at < limit {
            scan.step(*bytes.get(scan.at)?);
            if scan.depth == 0 && !scan.in_string {
                return Some(scan.at);
            }
        }
    }
}

struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
}

impl Scan {
    /// Goes over a block in which nothing happens but strings that begin and end.
    fn skip(&mut self, block: &[u8; BLOCK]) -> bool {
        // Bytes, not booleans: the compiler makes vector instructions of these.
        let (mut special, mut quotes) = (0_u8, 0_u8);
        for byte in block {
            // `[`, `\` and `]` are neighbours.
            special |= u8::from(byte.wrapping_sub(b'[') <= b']' - b'[');
            quotes ^= u8::from(*byte == b'"');
        }
        if special == 0 {
            self.in_string ^= quotes == 1;
            self.at += BLOCK;
        }
        special == 0
    }

    fn step(&mut self, byte: u8) {
        self.at += 1;
        match byte {
            b'"' => self.in_string = !self.in_string,
            b'\\' if self.in_string => self.at += 1,
            b'[' if !self.in_string => self.depth += 1,
            b']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::end_of_array;

    /// Wherever a block's border falls.
    fn end(array: &str) -> Option<usize> {
        let ends: Vec<Option<usize>> = (0..300)
            .map(|offset| {
                let text = format!("{}{array}, \"behind\": [1, 2]}}{}", " ".repeat(offset), " ".repeat(300));
                end_of_array(text.as_bytes(), offset).map(|end| end - offset)
            })
            .collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
        ends[0]
    }

    #[test]
    fn an_array_ends_at_its_own_bracket() {
        let long = format!(r#"[{{"a": "{}"}}, [[], ["]"]], "[", "\"]", "\\", "é]"]"#, "x".repeat(1_000));
        for array in ["[]", "[[]]", r#"["]"]"#, r#"["\"]"]"#, r#"["\\"]"#, r#"["\\\"]", {"]": "["}]"#, long.as_str()] {
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
}
