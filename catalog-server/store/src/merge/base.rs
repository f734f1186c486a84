//! What a state knows, and where two of them were last the same.
//!
//! The commits of a branch are a chain, so that all that a state contains of a branch is a beginning of it: one number a
//! branch says everything (a vector clock). A merge adds what the merged state knew. What two states have in common is
//! the smaller number of each branch; the newest of these points that no other one contains are the merge bases.

use std::collections::BTreeMap;

use crate::{HistoryStore, Result, View};

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

    /// Adds the levels of a view; those that were news.
    fn learn(&mut self, view: &View) -> Vec<(i64, i64)> {
        let levels = view.lineage.iter().zip(&view.upto).enumerate();
        let news: Vec<_> =
            levels.filter(|(_, (id, upto))| **upto > self.upto(**id)).map(|(n, (id, upto))| (n, *id, *upto)).collect();
        for (n, id, upto) in &news {
            let view = View { lineage: view.lineage[*n..].to_vec(), upto: view.upto[*n..].to_vec() };
            self.seqs.insert(*id, (*upto, view));
        }
        news.into_iter().map(|(_, id, upto)| (id, upto)).collect()
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
}

/// All that a state contains. A question to the store for each branch in it.
///
/// # Errors
/// As the store's.
pub async fn known(store: &(impl HistoryStore + ?Sized), view: &View) -> Result<Known> {
    let mut known = Known::default();
    let mut news = known.learn(view);
    while let Some((branch_id, upto)) = news.pop() {
        for merged in store.merged(branch_id, upto).await? {
            news.extend(known.learn(&merged));
        }
    }
    Ok(known)
}

/// The newest states that both views contain. One, but for merges in both directions that did not know of each other;
/// none, if nothing is in common.
///
/// # Errors
/// As the store's.
pub async fn merge_bases(store: &(impl HistoryStore + ?Sized), source: &Known, target: &Known) -> Result<Vec<View>> {
    let points = source.common(target);
    let mut contained = Vec::with_capacity(points.len());
    for point in &points {
        contained.push(known(store, point).await?);
    }
    let is_within = |point: &View, other: usize| {
        points[other] != *point && point.tip().is_ok_and(|(id, seq)| contained[other].upto(id) >= seq)
    };
    let newest = points.iter().filter(|point| !(0..points.len()).any(|other| is_within(point, other)));
    Ok(newest.cloned().collect())
}
