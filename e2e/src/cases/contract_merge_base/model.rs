//! What merges must come to. It keeps every state whole and walks its graph commit by commit: it knows nothing of
//! lineages, numbers of commits or vectors. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Tables, each with its metadata file.
pub(super) type State = BTreeMap<String, String>;

/// Who is right about what both sides changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nobody.
    Normal,
    /// The branch that is merged into.
    Ours,
    /// The one that is merged.
    Theirs,
}

impl Mode {
    /// As a request says it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        }
    }
}

/// A commit, and all that was there after it.
struct Node {
    parent: Option<usize>,
    merged: Option<usize>,
    state: State,
    touched: BTreeSet<String>,
}

/// What a merge has to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// The source has commits that the target has not.
    pub(super) news: bool,
    /// What each table becomes; nothing, if it goes.
    pub(super) changes: BTreeMap<String, Option<String>>,
    /// Tables in conflict. If there is any, nothing changes.
    pub(super) conflicts: BTreeSet<String>,
}

/// All commits, and the head of each branch.
pub(super) struct Model {
    nodes: Vec<Node>,
    heads: Vec<usize>,
}

impl Model {
    /// One branch with one commit.
    pub(super) fn new() -> Self {
        let root = Node { parent: None, merged: None, state: State::new(), touched: BTreeSet::new() };
        Self { nodes: vec![root], heads: vec![0] }
    }

    /// How many branches there are.
    pub(super) fn branches(&self) -> usize {
        self.heads.len()
    }

    /// What a branch shows.
    pub(super) fn state(&self, branch: usize) -> &State {
        &self.nodes[self.heads[branch]].state
    }

    /// A new branch at the head of another; its number.
    pub(super) fn fork(&mut self, from: usize) -> usize {
        self.heads.push(self.heads[from]);
        self.heads.len() - 1
    }

    /// A commit that changes one table.
    pub(super) fn write(&mut self, branch: usize, table: &str, to: Option<String>) {
        self.commit(branch, [(table.to_owned(), to)].into(), None);
    }

    /// Enters a merge that was made as expected.
    pub(super) fn merge(&mut self, from: usize, into: usize, expected: Expected) {
        self.commit(into, expected.changes, Some(self.heads[from]));
    }

    fn commit(&mut self, branch: usize, changes: BTreeMap<String, Option<String>>, merged: Option<usize>) {
        let parent = self.heads[branch];
        let (mut state, touched) = (self.nodes[parent].state.clone(), changes.keys().cloned().collect());
        for (table, to) in changes {
            match to {
                Some(to) => state.insert(table, to),
                None => state.remove(&table),
            };
        }
        self.nodes.push(Node { parent: Some(parent), merged, state, touched });
        self.heads[branch] = self.nodes.len() - 1;
    }

    /// What a merge would come to.
    pub(super) fn expect(&self, from: usize, into: usize, mode: Mode) -> Expected {
        let (source, target) = (self.heads[from], self.heads[into]);
        let (theirs, ours) = (self.ancestors(source), self.ancestors(target));
        let bases = self.newest(&theirs.intersection(&ours).copied().collect());
        let news: Vec<usize> = self.chain(source).into_iter().filter(|node| !ours.contains(node)).collect();
        let mut expected = Expected { news: !news.is_empty(), ..Expected::default() };
        for table in news.iter().flat_map(|node| &self.nodes[*node].touched) {
            let now = |node: usize| self.nodes[node].state.get(table);
            let unchanged = |node: usize| bases.iter().all(|base| now(*base) == now(node));
            let agreed = bases.iter().all(|base| now(*base) == now(bases[0]));
            let take = match mode {
                _ if now(source) == now(target) => false,
                Mode::Ours => false,
                Mode::Theirs => true,
                Mode::Normal if agreed && unchanged(source) => false,
                Mode::Normal if agreed && unchanged(target) => true,
                Mode::Normal => {
                    expected.conflicts.insert(table.clone());
                    false
                }
            };
            if take {
                expected.changes.insert(table.clone(), now(source).cloned());
            }
        }
        expected
    }

    /// A commit and those before it, on its branch and those that it was forked from.
    fn chain(&self, node: usize) -> Vec<usize> {
        std::iter::successors(Some(node), |node| self.nodes[*node].parent).collect()
    }

    /// A commit and all that it rests on.
    fn ancestors(&self, node: usize) -> BTreeSet<usize> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                open.extend(self.nodes[node].parent.into_iter().chain(self.nodes[node].merged));
            }
        }
        seen
    }

    /// Those that no other one rests on.
    fn newest(&self, nodes: &BTreeSet<usize>) -> Vec<usize> {
        let below = |one: &usize| nodes.iter().any(|other| other != one && self.ancestors(*other).contains(one));
        nodes.iter().copied().filter(|node| !below(node)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_changed_is_taken_and_what_both_did_is_a_conflict() {
        let mut model = Model::new();
        model.write(0, "t", Some("0".to_owned()));
        let dev = model.fork(0);
        model.write(dev, "t", Some("1".to_owned()));
        let expected = model.expect(dev, 0, Mode::Normal);
        assert_eq!(expected.changes, [("t".to_owned(), Some("1".to_owned()))].into());
        model.write(0, "t", Some("2".to_owned()));
        assert_eq!(model.expect(dev, 0, Mode::Normal).conflicts, ["t".to_owned()].into());
        assert_eq!(model.expect(dev, 0, Mode::Ours), Expected { news: true, ..Expected::default() });
        let decided = model.expect(dev, 0, Mode::Theirs);
        model.merge(dev, 0, decided);
        assert_eq!(model.state(0)["t"], "1");
        assert!(!model.expect(dev, 0, Mode::Normal).news);
    }
}
