//! How often each thing happened that the race is about.

use std::cell::Cell;
use std::fmt;

use crate::failure::{Outcome, check};

/// A number that all who race may raise.
#[derive(Debug, Default)]
pub(super) struct Count(Cell<u64>);

impl Count {
    /// One more.
    pub(super) fn add(&self) {
        self.0.set(self.0.get() + 1);
    }
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Forks that showed what they were made from to the end.
    pub(super) lived: Count,
    /// Those of them whose state had left the window by then.
    pub(super) outlived: Count,
    /// Forks of what had gone.
    pub(super) refused: Count,
    pub(super) tags: Count,
    /// Looks back at what was there …
    pub(super) seen: Count,
    /// … and at what had gone.
    pub(super) too_late: Count,
}

impl Tally {
    /// Fails if something never happened: then the race proved nothing about it.
    pub(super) fn enough(&self) -> Outcome {
        let Self { lived, outlived, refused, tags, seen, too_late } = self;
        let all = [lived, outlived, refused, tags, seen, too_late];
        check(all.iter().all(|count| count.0.get() > 0), || format!("too few of one: {self}"))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lived, outlived, refused, tags, seen, too_late } = self;
        let [lived, outlived, refused] = [lived, outlived, refused].map(|count| count.0.get());
        let [tags, seen, too_late] = [tags, seen, too_late].map(|count| count.0.get());
        write!(f, "{lived} forks lived, {outlived} of them outside the window, {refused} refused, {tags} tags, ")?;
        write!(f, "{seen} looks back, {too_late} too late")
    }
}
