//! What of the tree can still be seen: by the heads of live branches, by tags, by what either shows of its ancestors,
//! and by the window. Pure: a backend reads the refs, and then looks for a content in the ranges that come out.
//!
//! A version covers the commits of its branch from its own to the one before its successor. It can be seen if a range
//! of [`ranges`] meets that. What hides an ancestor's version from a descendant is not taken into account: it counts as
//! seen as long as the descendant is there, since the descendant's past shows it.

use std::fmt;
use std::time::Duration;

use crate::{Branch, Sights};

/// How much of the past of each branch stays in sight beyond its head. Nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// What was there so long ago or later.
    pub age: Duration,
    /// The states before so many of the newest commits.
    pub commits: u32,
}

/// A branch with what is needed to tell what it shows. Deleted ones are part of it: tags and descendants show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shows {
    /// The branch.
    pub branch: Branch,
    /// False after its deletion.
    pub live: bool,
    /// The seq of its newest commit; 0 without one. Read only for a window of commits.
    pub head: i64,
    /// The seq of its newest commit that is older than the window; 0 without one, [`i64::MAX`] if there is no window of
    /// time.
    pub old: i64,
    /// Name and seq of each tag on it.
    pub tags: Vec<(String, i64)>,
}

/// Who shows something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// A live branch.
    Branch {
        /// The row's id.
        id: i64,
        /// Its name.
        name: String,
    },
    /// A tag.
    Tag {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch { id: _, name } => write!(f, "branch {name}"),
            Self::Tag { name } => write!(f, "tag {name}"),
        }
    }
}

/// All states of one branch from `low` to `high`, as one viewer shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Who shows them.
    pub viewer: Viewer,
    /// The branch whose versions these are: the viewer's own, or an ancestor's.
    pub branch_id: i64,
    /// The oldest state, as a seq.
    pub low: i64,
    /// The newest state; [`i64::MAX`] for the head.
    pub high: i64,
}

/// A content in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who shows it.
    pub viewer: Viewer,
    /// Its metadata file there.
    pub metadata_location: String,
}

/// What all branches and tags of a warehouse show.
#[must_use]
pub fn ranges(all: &[Shows], window: &Window) -> Vec<Range> {
    let mut found = Vec::new();
    for shows in all {
        let Shows { branch, live, head: _, old: _, tags } = shows;
        if *live {
            let viewer = Viewer::Branch { id: branch.id, name: branch.name.clone() };
            let low = begin(shows, i64::MAX, window);
            found.push(Range { viewer: viewer.clone(), branch_id: branch.id, low, high: i64::MAX });
            found.extend(ancestors(branch).map(|(id, upto)| {
                let low = all.iter().find(|other| other.branch.id == id).map_or(upto, |a| begin(a, upto, window));
                Range { viewer: viewer.clone(), branch_id: id, low, high: upto }
            }));
        }
        for (name, seq) in tags {
            let viewer = Viewer::Tag { name: name.clone() };
            let own = std::iter::once((branch.id, *seq));
            found.extend(own.chain(ancestors(branch)).map(|(id, seq)| Range {
                viewer: viewer.clone(),
                branch_id: id,
                low: seq,
                high: seq,
            }));
        }
    }
    found
}

/// Where what each live branch shows of itself begins: its id and a seq.
pub fn own_begins(ranges: &[Range]) -> impl Iterator<Item = (i64, i64)> + '_ {
    ranges.iter().filter_map(|range| match range.viewer {
        Viewer::Branch { id, .. } if id == range.branch_id => Some((id, range.low)),
        Viewer::Branch { .. } | Viewer::Tag { .. } => None,
    })
}

impl From<&[Range]> for Sights {
    fn from(ranges: &[Range]) -> Self {
        ranges.iter().map(|range| (range.branch_id, range.low, range.high)).collect()
    }
}

fn ancestors(branch: &Branch) -> impl Iterator<Item = (i64, i64)> {
    branch.lineage.iter().copied().zip(branch.upto.iter().copied())
}

/// Where the window of a branch begins, of which nothing after `high` is shown.
fn begin(shows: &Shows, high: i64, window: &Window) -> i64 {
    let back = match window.commits {
        0 => high,
        commits => high.min(shows.head) - i64::from(commits),
    };
    high.min(shows.old).min(back).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(id: i64, live: bool, ancestors: &[(i64, i64)], tags: &[(&str, i64)]) -> Shows {
        let (lineage, upto) = ancestors.iter().copied().unzip();
        let branch = Branch { id, warehouse_id: 1, name: format!("b{id}"), protected: false, lineage, upto };
        let tags = tags.iter().map(|(name, seq)| ((*name).to_owned(), *seq)).collect();
        Shows { branch, live, head: 100, old: i64::MAX, tags }
    }

    fn found(all: &[Shows], window: &Window) -> Vec<(String, i64, i64, i64)> {
        let line = |range: Range| (range.viewer.to_string(), range.branch_id, range.low, range.high);
        ranges(all, window).into_iter().map(line).collect()
    }

    const HEAD: i64 = i64::MAX;

    #[test]
    fn a_live_branch_shows_its_head_and_its_ancestors_as_they_were() {
        let all = [shows(1, true, &[], &[]), shows(3, true, &[(2, 7), (1, 5)], &[])];
        let expected = [
            ("branch b1", 1, HEAD, HEAD),
            ("branch b3", 3, HEAD, HEAD),
            ("branch b3", 2, 7, 7),
            ("branch b3", 1, 5, 5),
        ];
        assert_eq!(found(&all, &Window::default()), expected.map(|(by, id, low, high)| (by.to_owned(), id, low, high)));
    }

    #[test]
    fn a_deleted_branch_shows_nothing_but_through_its_tags() {
        assert_eq!(found(&[shows(2, false, &[(1, 5)], &[])], &Window::default()), []);
        let tagged = found(&[shows(2, false, &[(1, 5)], &[("v1", 9)])], &Window::default());
        assert_eq!(tagged, [("tag v1".to_owned(), 2, 9, 9), ("tag v1".to_owned(), 1, 5, 5)]);
    }

    #[test]
    fn a_window_reaches_back_from_the_head_and_from_where_an_ancestor_was_left() {
        let mut all = [shows(1, false, &[], &[]), shows(2, true, &[(1, 50)], &[])];
        let lows = |all: &[Shows], window: Window| -> Vec<i64> { found(all, &window).iter().map(|r| r.2).collect() };
        assert_eq!(lows(&all, Window { commits: 10, ..Window::default() }), [90, 40]);
        assert_eq!(lows(&all, Window { commits: 1_000, ..Window::default() }), [0, 0]);
        all.iter_mut().for_each(|shows| shows.old = 45);
        let week = Window { age: Duration::from_secs(7 * 86_400), commits: 0 };
        assert_eq!(lows(&all, week), [45, 45]);
        // Whatever of both reaches further back.
        assert_eq!(lows(&all, Window { commits: 10, ..week }), [45, 40]);
    }
}
