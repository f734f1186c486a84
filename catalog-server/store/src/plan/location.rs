//! Which locations stand in one another's way. All of them end with `/`, so that `a/b/` does not lie under `a/bc/`.

/// True if both are the same, or one lies below the other.
#[must_use]
pub fn overlap(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// What to look up in a set of locations, sorted by byte, to find all that overlap one of them: some exact texts and
/// one range. A prefix match (`LIKE`) would not use the index in every collation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationProbe {
    /// The location itself and everything above it, longest first.
    pub at_or_above: Vec<String>,
    /// What lies below is greater than this, the location itself …
    pub below_after: String,
    /// … and less than this.
    pub below_before: String,
}

impl LocationProbe {
    /// The probe for a location that ends with `/`.
    #[must_use]
    pub fn new(location: &str) -> Self {
        let ends = location.char_indices().rev().filter(|(_, c)| *c == '/').map(|(i, _)| i + 1);
        let mut below_before = location.strip_suffix('/').unwrap_or(location).to_owned();
        below_before.push('0'); // the character after '/'
        Self {
            at_or_above: ends.map(|end| location[..end].to_owned()).collect(),
            below_after: location.to_owned(),
            below_before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sibling_with_the_same_beginning_does_not_overlap() {
        assert!(overlap("s3://b/a/", "s3://b/a/"));
        assert!(overlap("s3://b/a/", "s3://b/a/x/"));
        assert!(overlap("s3://b/a/x/", "s3://b/a/"));
        assert!(!overlap("s3://b/a/", "s3://b/ab/"));
    }

    #[test]
    fn a_probe_finds_exactly_what_overlaps() {
        let probe = LocationProbe::new("s3://b/a/x/");
        let all = ["s3://b/", "s3://b/a/", "s3://b/a/x/", "s3://b/a/x/y/", "s3://b/a/x/\u{10ffff}/", "s3://b/a/x0/"];
        let others = ["s3://b/a/w/", "s3://b/a/y/", "s3://b/a/xx/", "s3://b/a/x-/", "s3://c/", "file:///a/x/"];
        for location in all.into_iter().chain(others) {
            let found = probe.at_or_above.iter().any(|l| l == location)
                || (probe.below_after.as_str() < location && location < probe.below_before.as_str());
            assert_eq!(found, overlap(location, "s3://b/a/x/"), "{location}");
        }
        assert_eq!(probe.at_or_above[0], "s3://b/a/x/");
    }
}
