//! Keeps a slow read from bringing back what was forgotten meanwhile.
//!
//! Each key has a counter, shared with others by its hash. Forgetting a key counts up and removes it under one lock; a
//! read notes the counters of its keys before it asks the database, and what it found is kept only while they are the
//! same. A collision costs an entry that is not kept, never one that is wrong.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FENCES: usize = 256;

pub(crate) struct Fences {
    counters: Box<[Mutex<u64>]>,
    hasher: RandomState,
}

/// What a counter was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    fence: usize,
    count: u64,
}

impl Default for Fences {
    fn default() -> Self {
        Self { counters: (0..FENCES).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl Fences {
    pub(crate) fn see(&self, key: &impl Hash) -> Seen {
        let fence = self.of(key);
        Seen { fence, count: *self.lock(fence) }
    }

    /// True if the key was not forgotten since.
    pub(crate) fn holds(&self, seen: Seen) -> bool {
        *self.lock(seen.fence) == seen.count
    }

    /// Runs `keep` unless the key was forgotten since.
    pub(crate) fn keep(&self, seen: Seen, keep: impl FnOnce()) {
        let count = self.lock(seen.fence);
        if *count == seen.count {
            keep();
        }
    }

    /// Runs `remove`; reads that are on their way do not bring the key back.
    pub(crate) fn forget(&self, key: &impl Hash, remove: impl FnOnce()) {
        let mut count = self.lock(self.of(key));
        *count += 1;
        remove();
    }

    /// As [`Self::forget`], for all keys.
    pub(crate) fn forget_all(&self, remove: impl FnOnce()) {
        let mut counts: Vec<_> = (0..FENCES).map(|fence| self.lock(fence)).collect();
        counts.iter_mut().for_each(|count| **count += 1);
        remove();
    }

    fn of(&self, key: &impl Hash) -> usize {
        usize::try_from(self.hasher.hash_one(key) % FENCES as u64).unwrap_or(0)
    }

    fn lock(&self, fence: usize) -> MutexGuard<'_, u64> {
        // A counter is never half written.
        self.counters[fence].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_was_forgotten_since_it_was_seen_is_not_kept() {
        let (fences, kept) = (Fences::default(), Cell::new(0));
        let keep = || kept.set(kept.get() + 1);
        let seen = fences.see(&"a");
        fences.keep(seen, keep);
        assert_eq!(kept.get(), 1);
        fences.forget(&"a", || ());
        fences.keep(seen, keep);
        assert!(!fences.holds(seen));
        let again = fences.see(&"a");
        fences.keep(again, keep);
        fences.forget_all(|| ());
        fences.keep(again, keep);
        assert_eq!(kept.get(), 2);
    }
}
