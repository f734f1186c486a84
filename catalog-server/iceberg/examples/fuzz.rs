//! Feeds mutated documents and requests to every parser until something panics. By hand, and not with `--release`, where
//! overflows would go unseen: `cargo run -p iceberg-model --example fuzz -- SECONDS [SEED]`. A text that makes it panic is
//! printed with its path; put it into `tests/corpus/` when it is mended.

#![expect(clippy::unwrap_used, reason = "a tool for developers")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

#[path = "../tests/corpus/exercise.rs"]
mod exercise;

const TOKENS: [&str; 28] = [
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "2147483647",
    "2147483648",
    "1.5",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"é\"",
    "{}",
    "[]",
    "[[]]",
    "{\"a\":1}",
    ",",
    ":",
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "}",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().map_or(10, |text| text.parse().unwrap());
    let seed: u64 = arguments.next().map_or(1, |text| text.parse().unwrap());
    let texts = texts();
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let (start, mut runs, mut values, mut longest) = (Instant::now(), 0_u64, 0, Duration::ZERO);
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = mutated(&texts, &mut chance);
        let begun = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| exercise::exercise(&text))) {
            Ok(found) => values += found,
            Err(_) => {
                let path = std::env::temp_dir().join(format!("fuzz-{seed}-{runs}.json"));
                std::fs::write(&path, &text).unwrap();
                println!("run {runs} panicked: {}\n{}", path.display(), String::from_utf8_lossy(&text));
                std::process::exit(1);
            }
        }
        longest = longest.max(begun.elapsed());
        runs += 1;
    }
    println!("{runs} texts from {} seeds, {values} values, no panic; the longest took {longest:?}", texts.len());
}

/// The corpus, the documents, and the updates of recorded commits.
fn texts() -> Vec<Vec<u8>> {
    let tests = format!("{}/tests", env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for folder in ["corpus", "documents", "recorded"] {
        for file in std::fs::read_dir(format!("{tests}/{folder}")).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read(&path).unwrap();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => texts.push(text),
                Some("jsonl") => texts.extend(updates(&text)),
                _ => {}
            }
        }
    }
    texts
}

fn updates(recorded: &[u8]) -> Vec<Vec<u8>> {
    let lines = serde_json::Deserializer::from_slice(recorded).into_iter::<serde_json::Value>();
    lines.filter_map(|line| Some(line.ok()?.get("updates")?.to_string().into_bytes())).collect()
}

fn mutated(texts: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut text = texts[chance.below(texts.len())].clone();
    for _ in 0..=chance.below(4) {
        let at = chance.below(text.len() + 1);
        let end = text.len().min(at + chance.below(24));
        match chance.below(5) {
            0 => drop(text.splice(at..end, TOKENS[chance.below(TOKENS.len())].bytes())),
            1 => drop(text.drain(at..end)),
            2 => drop(replace_value(&mut text, at, TOKENS[chance.below(TOKENS.len())])),
            3 => {
                let other = &texts[chance.below(texts.len())];
                let from = chance.below(other.len() + 1);
                let piece = other[from..other.len().min(from + chance.below(200))].to_vec();
                text.splice(at..at, piece);
            }
            _ => {
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
        }
    }
    text
}

/// The next value behind `at` that is a number or a string, so that the text stays JSON.
fn replace_value(text: &mut Vec<u8>, at: usize, token: &str) -> Option<()> {
    let start = at + text[at..].iter().position(|byte| *byte == b':')? + 1;
    let end = start + text[start..].iter().position(|byte| matches!(byte, b',' | b'}' | b']'))?;
    text.splice(start..end, token.bytes());
    Some(())
}

/// Xorshift: the same texts for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}
