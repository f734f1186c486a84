//! What happened, and whether it was enough to prove anything.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ground::Ground;
use crate::failure::{Failure, Outcome, check};

/// Of each kind, at least.
const CHANGES: u64 = 10;
const READS: u64 = 100;
const KINDS: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Tally {
    kinds: BTreeMap<&'static str, Counts>,
    /// Answers that nothing can be known at present.
    refused: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    changes: u64,
    reads: u64,
    /// The longest time from a change to the beginning of a read that did not see it.
    oldest: Duration,
}

impl Tally {
    pub(super) fn changed(&mut self, kind: &'static str) {
        self.kinds.entry(kind).or_default().changes += 1;
    }

    pub(super) fn read(&mut self, kind: &'static str, age: Duration) {
        let counts = self.kinds.entry(kind).or_default();
        counts.reads += 1;
        counts.oldest = counts.oldest.max(age);
    }

    /// The first server has a good way to the database, and no reason to refuse anything.
    pub(super) fn refused(&mut self, server: usize) -> Outcome {
        self.refused += 1;
        check(server != 0, || "503 by a server with a good way to the database".to_owned())
    }

    /// True if so much was tried that the summary says something.
    pub(super) fn is_enough(&self) -> bool {
        let enough = |counts: &Counts| counts.changes >= CHANGES && counts.reads >= READS;
        self.kinds.len() == KINDS && self.kinds.values().all(enough)
    }

    /// The summary; fails if too little was tried.
    pub(super) async fn told(&self, ground: &Ground) -> Outcome<String> {
        check(self.is_enough(), || format!("too little was tried: {self:?}"))?;
        let mut said = Vec::new();
        for (kind, Counts { changes, reads, oldest }) in &self.kinds {
            said.push(format!("{kind}: {changes} changes, {reads} reads, oldest {} ms", oldest.as_millis()));
        }
        let (mut hits, mut untrusted) = (0, 0);
        for server in ground.servers() {
            let of = |result| format!(r#"pangolin_access_cache_lookups_total{{result="{result}"}}"#);
            hits += server.counter(&of("hit")).await?;
            untrusted += server.counter(&of("untrusted")).await?;
        }
        if hits == 0 || untrusted == 0 {
            return Err(Failure::new(format!("nothing was tried: {hits} from memory, {untrusted} without trust")));
        }
        let refused = self.refused;
        said.push(format!("{hits} look-ups from memory, {untrusted} without trust, {refused} reads refused"));
        Ok(said.join("; "))
    }
}
