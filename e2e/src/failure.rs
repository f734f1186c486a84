//! The one error of the runner: what was attempted, and why it did not work.
//! Nothing here branches on the kind of an error, so a chain of sentences is all that is needed.

use std::error::Error;
use std::fmt;

/// What a step or a case ends with.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// What was attempted, with the reason below it.
pub(crate) struct Failure {
    attempt: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure that is its own reason.
    pub(crate) fn new(attempt: impl Into<String>) -> Self {
        Self { attempt: attempt.into(), source: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attempt)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chain())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl Failure {
    /// The whole chain on one line, outermost first.
    pub(crate) fn chain(&self) -> String {
        let mut line = self.attempt.clone();
        let mut next = self.source();
        while let Some(error) = next {
            line.push_str(": ");
            line.push_str(&error.to_string());
            next = error.source();
        }
        line
    }
}

/// Puts what was attempted above an error.
pub(crate) trait Attempt<T> {
    /// `Err` becomes a [`Failure`] that says `attempt` first.
    fn attempt(self, attempt: impl Into<String>) -> Outcome<T>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Attempt<T> for Result<T, E> {
    fn attempt(self, attempt: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| Failure { attempt: attempt.into(), source: Some(error.into()) })
    }
}

/// Fails with `complaint` unless `holds`.
pub(crate) fn check(holds: bool, complaint: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Failure::new(complaint())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_says_each_attempt_once_outermost_first() {
        let inner: Outcome = Err(Failure::new("port 1 is taken"));
        let outer = inner.attempt("start the server").expect_err("it failed");
        assert_eq!(outer.chain(), "start the server: port 1 is taken");
    }
}
