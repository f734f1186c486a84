//! What a table holds for itself.

use super::Location;

/// The locations that a table holds for itself: those that do not lie within another of them, in normal form.
#[must_use]
pub fn claims(locations: &[Location]) -> Vec<String> {
    let mut all: Vec<_> = locations.iter().map(|location| location.normal().to_owned()).collect();
    // Whatever lies within another sorts right behind it or behind one of its siblings.
    all.sort_unstable();
    all.dedup();
    let mut claims: Vec<String> = Vec::new();
    for location in all {
        if !claims.iter().any(|claim| location.starts_with(claim)) {
            claims.push(location);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_within_another_is_no_claim_of_its_own() {
        let all = ["s3://b/t/data", "s3://b/t", "s3://b/t-2", "s3://b/t/"].map(|t| Location::parse(t).unwrap());
        assert_eq!(claims(&all), ["s3://b/t-2/", "s3://b/t/"]);
    }
}
