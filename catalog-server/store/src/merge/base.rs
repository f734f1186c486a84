//! What a state knows, and where two of them were last the same.
//!
//! The commits of a branch are a chain, so that all that a state contains of a branch is a beginning of it: one number a
//! branch says everything (a vector clock). A merge adds what the merged state knew. What two states have in common is
//! the smaller number of each branch; the newest of these points that no other one contains are the merge bases.
//!
//! [`Merges`] is read once, with a question for each generation of merged branches; the rest is pure. A merge pays for
//! those before it with a row each, and no round trip.

use std::collections::{BTreeMap, HashMap};

use crate::{HistoryStore, Merged, Result, Span, View};

/// All commits that a state contains: for each branch up to which seq, and the view of the branch there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    seqs: BTreeMap<i64, (i64, View)>,
}

impl Known {
    /// Up to which seq a branch is contained; 0 if it is not.
    #[must_use]
    pub fn upto(&self, branch_id: i64) -> i64 {
        self.seqs.get(&branch_id).map_or(0, |(seq, _)| *seq)
    }

    /// Every state of a branch that this was put together from, and of its ancestors: branch and seq.
    pub(crate) fn states(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.seqs.values().flat_map(|(_, view)| view.lineage.iter().copied().zip(view.upto.iter().copied()))
    }

    /// Adds the levels of a view; the commits that were news, as a range of each branch.
    fn learn(&mut self, view: &View) -> Vec<Span> {
        let mut news = Vec::new();
        for (n, (id, upto)) in view.lineage.iter().zip(&view.upto).enumerate() {
            let after = self.upto(*id);
            if *upto > after {
                let view = View { lineage: view.lineage[n..].to_vec(), upto: view.upto[n..].to_vec() };
                self.seqs.insert(*id, (*upto, view));
                news.push(Span { branch_id: *id, after, upto: *upto });
            }
        }
        news
    }

    /// What both contain: a view for each branch of which there is anything.
    fn common(&self, other: &Self) -> Vec<View> {
        let points = self.seqs.iter().filter_map(|(id, (seq, view))| {
            let both = (*seq).min(other.upto(*id));
            let mut view = view.clone();
            *view.upto.first_mut()? = both;
            (both > 0).then_some(view)
        });
        points.collect()
    }

    /// True if the newest commit of a view is in it.
    fn contains(&self, view: &View) -> bool {
        view.tip().is_ok_and(|(id, seq)| self.upto(id) >= seq)
    }
}

/// The merges that some states rest on, by the branch that they were made on.
#[derive(Debug, Default)]
pub struct Merges(HashMap<i64, Vec<Merged>>);

impl Merges {
    /// All that these states contain.
    ///
    /// # Errors
    /// As the store's.
    pub async fn below(store: &(impl HistoryStore + ?Sized), views: &[&View]) -> Result<Self> {
        let (mut merges, mut seen) = (Self::default(), Known::default());
        let mut news: Vec<Span> = views.iter().flat_map(|view| seen.learn(view)).collect();
        while !news.is_empty() {
            let found = store.merged(&news).await?;
            news = found.iter().flat_map(|merged| seen.learn(&merged.view)).collect();
            for merged in found {
                merges.0.entry(merged.into).or_default().push(merged);
            }
        }
        Ok(merges)
    }

    /// All commits that a state contains; one of those that were asked about, or of those that they contain.
    #[must_use]
    pub fn known(&self, view: &View) -> Known {
        let mut known = Known::default();
        let mut news = known.learn(view);
        while let Some(Span { branch_id, after, upto }) = news.pop() {
            let merges = self.0.get(&branch_id).into_iter().flatten();
            for merged in merges.filter(|merged| after < merged.seq && merged.seq <= upto) {
                news.extend(known.learn(&merged.view));
            }
        }
        known
    }

    /// The newest states that both views contain. One, but for merges in both directions that did not know of each
    /// other; none, if nothing is in common.
    #[must_use]
    pub fn bases(&self, source: &View, target: &View) -> Vec<View> {
        let mut points = self.known(source).common(&self.known(target));
        // What lies on the way of the two contains most of the others, which then need not be looked into.
        points.sort_by_key(|point| {
            let way = source.lineage.iter().chain(&target.lineage);
            !way.into_iter().any(|id| point.lineage.first() == Some(id))
        });
        let mut next = 0;
        while let Some(point) = points.get(next).cloned() {
            let within = self.known(&point);
            let before = points[..next].iter().filter(|other| !within.contains(other)).count();
            points.retain(|other| *other == point || !within.contains(other));
            next = before + 1;
        }
        points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(levels: &[(i64, i64)]) -> View {
        View { lineage: levels.iter().map(|(id, _)| *id).collect(), upto: levels.iter().map(|(_, seq)| *seq).collect() }
    }

    /// A merge into a branch, at a seq, of a view.
    type Made<'a> = (i64, i64, &'a [(i64, i64)]);

    fn merges(all: &[Made<'_>]) -> Merges {
        let mut merges = Merges::default();
        for (into, seq, levels) in all {
            let merged = Merged { into: *into, seq: *seq, view: view(levels) };
            merges.0.entry(*into).or_default().push(merged);
        }
        merges
    }

    #[test]
    fn without_merges_the_base_is_the_fork() {
        let none = merges(&[]);
        assert_eq!(none.bases(&view(&[(2, 3), (1, 5)]), &view(&[(1, 9)])), [view(&[(1, 5)])]);
        assert_eq!(none.bases(&view(&[(2, 3), (1, 5)]), &view(&[(3, 3), (1, 4)])), [view(&[(1, 4)])]);
        assert_eq!(none.bases(&view(&[(2, 3)]), &view(&[(1, 9)])), []);
    }

    #[test]
    fn the_base_is_what_was_merged_last() {
        let one = merges(&[(1, 6, &[(2, 3), (1, 5)])]);
        assert_eq!(one.bases(&view(&[(2, 4), (1, 5)]), &view(&[(1, 9)])), [view(&[(2, 3), (1, 5)])]);
        // A branch that was forked before the merge knows nothing of it.
        assert_eq!(one.bases(&view(&[(2, 4), (1, 5)]), &view(&[(3, 1), (1, 5)])), [view(&[(1, 5)])]);
    }

    #[test]
    fn merges_that_cross_leave_two_bases() {
        let crossed = merges(&[(1, 6, &[(2, 3), (1, 4)]), (2, 4, &[(1, 5)])]);
        let mut bases = crossed.bases(&view(&[(2, 5), (1, 4)]), &view(&[(1, 7)]));
        bases.sort_by_key(|base| base.lineage.clone());
        assert_eq!(bases, [view(&[(1, 5)]), view(&[(2, 3), (1, 4)])]);
    }

    #[test]
    fn of_a_thousand_merged_branches_one_point_is_left() {
        let levels: Vec<[(i64, i64); 2]> = (1..=1_000).map(|n| [(n + 1, 1), (1, n)]).collect();
        let all: Vec<Made<'_>> = (1..).zip(&levels).map(|(n, l)| (1, n + 1, &l[..])).collect();
        let bases = merges(&all).bases(&view(&[(5_000, 1), (1, 1_001)]), &view(&[(1, 1_001)]));
        assert_eq!(bases, [view(&[(1, 1_001)])]);
    }
}
