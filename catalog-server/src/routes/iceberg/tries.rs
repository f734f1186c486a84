//! How often a request begins again when the tree moved under it.

use catalog_store::CommitError;

use crate::routes::iceberg::conflict;

/// Tries in all. With the turn of the table held, only another replica can make a request lose.
const TRIES: u32 = 5;

/// Counts the tries of one request.
#[derive(Debug)]
pub(crate) struct Tries(u32);

impl Tries {
    /// The first try.
    pub(crate) fn new() -> Self {
        Self(1)
    }

    /// True if the request may win the next time and has a next time.
    pub(crate) fn again(&mut self, error: &CommitError) -> bool {
        self.0 += 1;
        self.0 <= TRIES && conflict::moved(error)
    }
}

#[cfg(test)]
mod tests {
    use catalog_store::{Found, Key, NamespacePath};

    use super::*;

    #[test]
    fn tries_end_and_what_cannot_win_is_not_tried_again() {
        let key = Key::relation(NamespacePath::root(), "t").unwrap();
        let moved = CommitError::Conflict { key: key.clone(), found: Found::Absent };
        let mut tries = Tries::new();
        assert_eq!((0..6).filter(|_| tries.again(&moved)).count(), 4);
        let key = NamespacePath::new(["a"]).unwrap().key().unwrap();
        let gone = CommitError::Conflict { key, found: Found::Absent };
        assert!(!Tries::new().again(&gone));
        assert!(!Tries::new().again(&CommitError::OutcomeUnknown("x".into())));
    }
}
