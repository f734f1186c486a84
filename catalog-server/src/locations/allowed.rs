//! What a warehouse allows.

use super::{Location, LocationError};

/// What a warehouse allows: strictly below its root, or at or below one of its further locations.
#[derive(Clone, Debug)]
pub struct Allowed<'a> {
    /// The warehouse's own location.
    pub root: &'a Location,
    /// Its `allowedLocations`.
    pub further: &'a [Location],
}

/// Why a table's location is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("location {0} {1}")]
    Unreadable(String, LocationError),
    /// It lies elsewhere.
    #[error("location {0} is not allowed: it must lie below the warehouse's location {1}{2}")]
    Elsewhere(String, String, &'static str),
}

impl Allowed<'_> {
    /// Reads a location and checks that it is allowed.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, text: &str) -> Result<Location, Refused> {
        let location = Location::parse(text).map_err(|error| Refused::Unreadable(shown(text), error))?;
        let below_root = location.is_within(self.root) && location.normal() != self.root.normal();
        if below_root || self.further.iter().any(|further| location.is_within(further)) {
            return Ok(location);
        }
        let or = if self.further.is_empty() { "" } else { " or one of its allowed locations" };
        Err(Refused::Elsewhere(shown(text), self.root.to_string(), or))
    }
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lies_below_the_root_or_within_an_allowed_location() {
        let root = Location::parse("s3://b/lake").unwrap();
        let further = [Location::parse("s3://c/x").unwrap()];
        let allowed = Allowed { root: &root, further: &further };
        for good in ["s3://b/lake/t", "s3a://b/lake/t/", "s3://c/x", "s3://c/x/y"] {
            assert!(allowed.check(good).is_ok(), "{good}");
        }
        for bad in ["s3://b/lake", "s3://b/lakes/t", "s3://b/", "s3://c/xy", "file:///lake/t", "s3://b/lake/../t"] {
            assert!(allowed.check(bad).is_err(), "{bad}");
        }
        let error = allowed.check("s3://b/other").unwrap_err().to_string();
        assert!(error.contains("s3://b/other") && error.contains("s3://b/lake"), "{error}");
    }
}
