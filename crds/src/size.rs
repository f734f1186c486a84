//! Amounts of memory as users of Kubernetes write them: `256Mi`, `1Gi`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount of memory in binary units, as it was typed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    text: String,
    bytes: u64,
}

/// A text that is no size.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotASize(String);

impl fmt::Display for NotASize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no size such as 256Mi or 1Gi", self.0)
    }
}

impl std::error::Error for NotASize {}

impl Size {
    /// Whole mebibytes.
    #[must_use]
    pub fn mebibytes(count: u32) -> Self {
        Self { text: format!("{count}Mi"), bytes: u64::from(count) << 20 }
    }

    /// The amount in bytes.
    #[must_use]
    pub fn as_bytes(&self) -> u64 {
        self.bytes
    }
}

impl FromStr for Size {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = parse(text).ok_or_else(|| NotASize(text.into()))?;
        Ok(Self { text: text.into(), bytes })
    }
}

fn parse(text: &str) -> Option<u64> {
    let (digits, shift) = [("Ki", 10), ("Mi", 20), ("Gi", 30)]
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))?;
    let plain = (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    let count: u64 = plain.then(|| digits.parse().ok())??;
    (!digits.starts_with('0')).then_some(count << shift)
}

impl TryFrom<String> for Size {
    type Error = NotASize;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_in_binary_units() {
        let sizes = ["1Ki", "256Mi", "2Gi"].map(|text| text.parse::<Size>().unwrap().as_bytes());
        assert_eq!(sizes, [1024, 256 << 20, 2 << 30]);
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "Mi", "0Mi", "1M", "1.5Gi", "-1Mi", "1000000Gi", " 1Mi"] {
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
    }
}
