//! Lengths of time as users of Kubernetes write them: `720h`, `90m`, `1h30m`.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::rules;

/// A length of time in whole seconds, as it was typed.
///
/// Hours, minutes and seconds in this order, as Go prints them. There are no days, since Go has none and a Secret's
/// reader would find `30d` nowhere else in a cluster.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    text: String,
    seconds: u64,
}

/// A text that is no duration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotADuration(String);

impl fmt::Display for NotADuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no duration in hours, minutes and seconds, such as 720h, 90m or 1h30m", self.0)
    }
}

impl std::error::Error for NotADuration {}

impl Duration {
    /// Whole hours.
    #[must_use]
    pub fn hours(hours: u32) -> Self {
        Self { text: format!("{hours}h"), seconds: u64::from(hours) * 3600 }
    }

    /// The length in seconds.
    #[must_use]
    pub fn as_secs(&self) -> u64 {
        self.seconds
    }
}

impl FromStr for Duration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = parse(text).ok_or_else(|| NotADuration(text.into()))?;
        Ok(Self { text: text.into(), seconds })
    }
}

/// `None` unless the units come in order, each at most once, with at most eight digits before each.
fn parse(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut seconds = 0;
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((digits, after)) = rest.split_once(unit) {
            let short = (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
            seconds += short.then(|| digits.parse::<u64>().ok())?? * length;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(seconds)
}

impl TryFrom<String> for Duration {
    type Error = NotADuration;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.text
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        rules::duration(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_minutes_and_seconds_are_added() {
        let lengths = ["720h", "90m", "1h30m", "6s", "1h0m1s"].map(|text| text.parse::<Duration>().unwrap().as_secs());
        assert_eq!(lengths, [2_592_000, 5400, 5400, 6, 3601]);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "h", "30d", "1m1h", "1h1h", "-1h", "1.5h", "1", "1h ", "999999999h", "١h"] {
            assert!(text.parse::<Duration>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_was_typed_is_written_back() {
        let duration: Duration = serde_json::from_str("\"90m\"").unwrap();
        assert_eq!(serde_json::to_string(&duration).unwrap(), "\"90m\"");
    }
}
