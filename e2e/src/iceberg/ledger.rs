//! What the writers were told, against what the tables hold in the end. Pure.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::failure::{Failure, Outcome};

/// How many complaints are shown.
const SHOWN: usize = 8;

/// What the server said of one attempt to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    /// Answered with success: it must be there.
    Acknowledged,
    /// Refused for sure (409, 503, 4xx): it must not be there.
    Refused,
    /// No answer, or `CommitStateUnknownException`: it may be there.
    Unknown,
}

/// One attempt to commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The commit that the writer wants; several attempts may serve it.
    pub(crate) wanted: Uuid,
    /// The attempt, as the snapshot's summary carries it.
    pub(crate) attempt: Uuid,
    /// What came back.
    pub(crate) verdict: Verdict,
}

/// How many attempts ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Commits that the writers wanted and got.
    pub(crate) commits: usize,
    /// Attempts answered with success.
    pub(crate) acknowledged: usize,
    /// Attempts refused.
    pub(crate) refused: usize,
    /// Attempts of unknown outcome that turned out to be in.
    pub(crate) unknown_in: usize,
    /// Attempts of unknown outcome that turned out to be lost.
    pub(crate) unknown_lost: usize,
}

/// Compares the entries with the attempts found in all tables: every acknowledged attempt once, no refused one, nothing
/// that nobody sent, and each wanted commit exactly once.
pub(crate) fn audit(entries: &[Entry], found: &[Uuid]) -> Outcome<Tally> {
    let there: HashSet<Uuid> = found.iter().copied().collect();
    let mut complaints = Vec::new();
    if there.len() != found.len() {
        complaints.push(format!("{} snapshots are there twice", found.len() - there.len()));
    }
    let sent: HashSet<Uuid> = entries.iter().map(|entry| entry.attempt).collect();
    complaints.extend(there.difference(&sent).map(|attempt| format!("{attempt} is there, and nobody sent it")));

    let mut tally = Tally::default();
    let mut times_in: HashMap<Uuid, usize> = HashMap::new();
    for Entry { wanted, attempt, verdict } in entries {
        let is_in = there.contains(attempt);
        *times_in.entry(*wanted).or_default() += usize::from(is_in);
        match (verdict, is_in) {
            (Verdict::Acknowledged, true) => tally.acknowledged += 1,
            (Verdict::Acknowledged, false) => complaints.push(format!("{attempt} was acknowledged and is lost")),
            (Verdict::Refused, false) => tally.refused += 1,
            (Verdict::Refused, true) => complaints.push(format!("{attempt} was refused and is there")),
            (Verdict::Unknown, true) => tally.unknown_in += 1,
            (Verdict::Unknown, false) => tally.unknown_lost += 1,
        }
    }
    let wrong = times_in.iter().filter(|(_, times)| **times != 1);
    complaints.extend(wrong.map(|(wanted, times)| format!("commit {wanted} is in {times} times, wanted once")));
    tally.commits = times_in.len();
    if complaints.is_empty() {
        return Ok(tally);
    }
    let count = complaints.len();
    complaints.truncate(SHOWN);
    Err(Failure::new(format!("{count} complaints: {}", complaints.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(wanted: u128, attempt: u128, verdict: Verdict) -> Entry {
        Entry { wanted: Uuid::from_u128(wanted), attempt: Uuid::from_u128(attempt), verdict }
    }

    fn ids(found: &[u128]) -> Vec<Uuid> {
        found.iter().copied().map(Uuid::from_u128).collect()
    }

    #[test]
    fn a_clean_run_is_counted() {
        let entries = [
            entry(1, 10, Verdict::Acknowledged),
            entry(2, 20, Verdict::Unknown),
            entry(2, 21, Verdict::Acknowledged),
            entry(3, 30, Verdict::Unknown),
            entry(4, 40, Verdict::Refused),
            entry(4, 41, Verdict::Acknowledged),
        ];
        let tally = audit(&entries, &ids(&[10, 21, 30, 41])).expect("clean");
        assert_eq!(tally, Tally { commits: 4, acknowledged: 3, refused: 1, unknown_in: 1, unknown_lost: 1 });
    }

    #[test]
    fn each_kind_of_wrong_is_seen() {
        let acknowledged = [entry(1, 10, Verdict::Acknowledged)];
        let twice = [entry(1, 10, Verdict::Unknown), entry(1, 11, Verdict::Acknowledged)];
        let refused = [entry(1, 10, Verdict::Refused), entry(1, 11, Verdict::Acknowledged)];
        for (entries, found, complaint) in [
            (&acknowledged[..], vec![], "acknowledged and is lost"),
            (&acknowledged[..], vec![10, 99], "nobody sent it"),
            (&acknowledged[..], vec![10, 10], "there twice"),
            (&twice[..], vec![10, 11], "in 2 times"),
            (&refused[..], vec![10, 11], "refused and is there"),
        ] {
            let failure = audit(entries, &ids(&found)).expect_err(complaint);
            assert!(failure.chain().contains(complaint), "{failure}");
        }
    }
}
