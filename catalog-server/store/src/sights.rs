//! Which states of which branches are in sight, whoever shows them. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Ranges of seqs for each branch, both ends included: sorted, and none touches the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sights(BTreeMap<i64, Vec<(i64, i64)>>);

/// From branch, oldest and newest seq.
impl FromIterator<(i64, i64, i64)> for Sights {
    fn from_iter<I: IntoIterator<Item = (i64, i64, i64)>>(ranges: I) -> Self {
        let mut all: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
        for (branch, low, high) in ranges {
            all.entry(branch).or_default().push((low, high));
        }
        Self(all.into_iter().map(|(branch, ranges)| (branch, joined(ranges))).collect())
    }
}

fn joined(mut ranges: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    ranges.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::with_capacity(ranges.len());
    for (low, high) in ranges {
        match joined.last_mut() {
            Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
            _ => joined.push((low, high)),
        }
    }
    joined
}

impl Sights {
    /// All states of these branches.
    #[must_use]
    pub fn all_of(branches: impl IntoIterator<Item = i64>) -> Self {
        branches.into_iter().map(|branch| (branch, 0, i64::MAX)).collect()
    }

    /// What either shows.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        self.ranges().chain(other.ranges()).collect()
    }

    /// Branch, oldest and newest seq of each range.
    pub fn ranges(&self) -> impl Iterator<Item = (i64, i64, i64)> + '_ {
        self.0.iter().flat_map(|(branch, ranges)| ranges.iter().map(|(low, high)| (*branch, *low, *high)))
    }

    /// The branches of which anything is in sight.
    pub fn branches(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.keys().copied()
    }

    /// The ranges of one branch.
    #[must_use]
    pub fn of(&self, branch: i64) -> &[(i64, i64)] {
        self.0.get(&branch).map_or(&[], Vec::as_slice)
    }

    /// True if this state is in sight.
    #[must_use]
    pub fn shows(&self, branch: i64, seq: i64) -> bool {
        covers(self.of(branch), seq, seq.saturating_add(1))
    }

    /// The oldest state of a branch that is in sight here and not there.
    #[must_use]
    pub fn lost_in(&self, now: &Self, branch: i64) -> Option<i64> {
        let now = now.of(branch);
        self.of(branch).iter().find_map(|(low, high)| match now.iter().find(|(l, h)| l <= low && low <= h) {
            Some((_, end)) if end >= high => None,
            Some((_, end)) => Some(end + 1),
            None => Some(*low),
        })
    }
}

/// True if any of these sorted ranges shows a version that was there from one seq until before another.
#[must_use]
pub fn covers(ranges: &[(i64, i64)], from: i64, until: i64) -> bool {
    let begun = ranges.partition_point(|(low, _)| *low < until);
    begun.checked_sub(1).is_some_and(|last| ranges[last].1 >= from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sights(ranges: &[(i64, i64)]) -> Sights {
        ranges.iter().map(|(low, high)| (1, *low, *high)).collect()
    }

    #[test]
    fn ranges_that_overlap_or_touch_are_one() {
        let all = sights(&[(7, 9), (1, 1), (2, 3), (8, i64::MAX), (5, 5)]);
        assert_eq!(all.of(1), [(1, 3), (5, 5), (7, i64::MAX)]);
        assert_eq!(sights(&[(0, 2)]).and(&sights(&[(1, 4)])).of(1), [(0, 4)]);
        assert_eq!(Sights::all_of([3, 4]).branches().collect::<Vec<_>>(), [3, 4]);
        assert!(all.shows(1, 5) && !all.shows(1, 4) && all.shows(1, i64::MAX) && !all.shows(2, 5));
    }

    #[test]
    fn a_version_is_covered_if_any_state_that_it_was_in_is_in_sight() {
        let ranges = sights(&[(3, 3), (7, i64::MAX)]);
        // From its own commit to the one before its successor.
        for (from, until, covered) in
            [(1, 3, false), (1, 4, true), (3, 4, true), (4, 7, false), (4, 8, true), (9, i64::MAX, true), (2, 9, true)]
        {
            assert_eq!(covers(ranges.of(1), from, until), covered, "{from}..{until}");
        }
        assert!(!covers(&[], 1, i64::MAX));
    }

    #[test]
    fn what_is_lost_begins_where_the_first_gap_does() {
        let before = sights(&[(2, 2), (5, 9), (20, i64::MAX)]);
        for (now, lost) in [
            (vec![(2, 2), (5, 9), (20, i64::MAX)], None),
            (vec![(0, i64::MAX)], None),
            (vec![(2, 2), (5, 9), (25, i64::MAX)], Some(20)),
            (vec![(5, 9), (20, i64::MAX)], Some(2)),
            (vec![(2, 2), (4, 6), (20, i64::MAX)], Some(7)),
            (vec![(2, 2), (6, 9), (20, i64::MAX)], Some(5)),
            (vec![], Some(2)),
            (vec![(2, 9), (20, 40)], Some(41)),
        ] {
            assert_eq!(before.lost_in(&sights(&now), 1), lost, "{now:?}");
        }
        assert_eq!(before.lost_in(&Sights::default(), 2), None);
    }

    #[test]
    fn they_are_written_and_read_again_to_the_last_seq() {
        let all: Sights = [(1, 0, i64::MAX), (12, 4, 4)].into_iter().collect();
        let json = serde_json::to_value(&all).unwrap();
        assert_eq!(json, serde_json::json!({"1": [[0, i64::MAX]], "12": [[4, 4]]}));
        assert_eq!(serde_json::from_value::<Sights>(json).unwrap(), all);
    }
}
