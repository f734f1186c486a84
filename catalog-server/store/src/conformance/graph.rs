//! Random histories with branches and merges, against a model that keeps every state whole and walks its graph node by
//! node: it knows nothing of lineages, seqs or vectors.
//!
//! A history is a list of steps, each a number from which all of it is drawn. If one fails, ever fewer steps of it are
//! tried on new warehouses, and the shortest list that still fails is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::join_all;
use uuid::Uuid;

use super::Subject;
use super::chance::{Chance, rounds};
use super::pages::walk;
use super::things::{at, create_ns, delete, ns, put, request, table_key, warehouse};
use crate::merge::{Mode, Modes, Prepared, Reason, cherry_pick, diff, merge, revert};
use crate::{
    Asked, Branch, Commit, CommitRequest, Content, Entry, Expect, Ids, Key, Kind, LogFilter, Reference, Revision, View,
};

type State = BTreeMap<Key, Content>;

/// A commit, and all that was there after it.
struct Node {
    commit: Commit,
    /// The commit before it; then the one that was merged.
    parent: Option<usize>,
    merged: Option<usize>,
    state: State,
    touched: BTreeSet<Key>,
}

/// A branch, the node at its head, and the nodes that it made itself.
struct Line {
    branch: Branch,
    head: usize,
    own: Vec<usize>,
}

struct World<'a> {
    subject: &'a Subject,
    nodes: Vec<Node>,
    lines: Vec<Line>,
    tags: Vec<(String, usize)>,
    time: i64,
}

pub async fn random_histories_branch_and_merge_as_a_model_says(subject: &Subject) {
    let mut chance = Chance::new();
    for n in 0..rounds(2) {
        let steps: Vec<u64> = (0..60).map(|_| chance.number()).collect();
        if !passes(subject, &format!("w{n}"), &steps).await {
            let shortest = shrink(subject, steps).await;
            panic!("these steps fail, and none of them can be left out: {shortest:?}");
        }
    }
}

/// Leaves out ever smaller parts as long as what is left fails.
async fn shrink(subject: &Subject, mut steps: Vec<u64>) -> Vec<u64> {
    let (mut size, mut tried) = (steps.len() / 2, 0);
    while size > 0 {
        let mut begin = 0;
        while begin < steps.len() {
            let mut fewer = steps.clone();
            fewer.drain(begin..(begin + size).min(fewer.len()));
            tried += 1;
            if passes(subject, &format!("shrink-{tried}"), &fewer).await { begin += size } else { steps = fewer }
        }
        size /= 2;
    }
    steps
}

async fn passes(subject: &Subject, name: &str, steps: &[u64]) -> bool {
    AssertUnwindSafe(play(subject, name, steps)).catch_unwind().await.is_ok()
}

async fn play(subject: &Subject, name: &str, steps: &[u64]) {
    let mut world = World::new(subject, name).await;
    for (number, step) in steps.iter().enumerate() {
        let mut chance = Chance::of(*step);
        match chance.below(20) {
            0..=5 => world.write(&mut chance).await,
            6 => world.burst(&mut chance).await,
            7 | 8 if world.lines.len() < 6 => world.fork(number, &mut chance).await,
            9 => world.tag(number, &mut chance).await,
            10 | 11 => world.pick(&mut chance).await,
            12 => world.undrop(&mut chance).await,
            13 => world.check_diff(&mut chance).await,
            _ => world.merge(&mut chance).await,
        }
        let line = chance.below(world.lines.len());
        world.check(line, &mut chance).await;
    }
    for line in 0..world.lines.len() {
        world.check(line, &mut Chance::of(0)).await;
    }
}

impl<'a> World<'a> {
    async fn new(subject: &'a Subject, name: &str) -> Self {
        let (_, branch) = warehouse(subject, name).await;
        let line = Line { branch, head: 0, own: Vec::new() };
        let mut world = Self { subject, nodes: Vec::new(), lines: vec![line], tags: Vec::new(), time: 0 };
        let begin = create_ns("a");
        let changes = vec![(begin.operations[0].key().clone(), content_of(&begin))];
        world.commit(0, begin, changes, None).await;
        world
    }

    /// Commits on a branch, and enters the node.
    async fn commit(
        &mut self,
        line: usize,
        request: CommitRequest,
        changes: Vec<(Key, Option<Content>)>,
        merged: Option<usize>,
    ) {
        self.time += 10;
        let store = self.subject.either(self.nodes.len());
        let result = store.commit(&self.lines[line].branch, vec![request], at(self.time)).await.remove(0);
        self.enter(line, result.unwrap(), changes, merged);
    }

    fn enter(&mut self, line: usize, commit: Commit, changes: Vec<(Key, Option<Content>)>, merged: Option<usize>) {
        let parent = (!self.nodes.is_empty()).then_some(self.lines[line].head);
        assert_eq!(commit.parent_id, parent.map(|parent| self.nodes[parent].commit.id));
        let mut state = parent.map(|parent| self.nodes[parent].state.clone()).unwrap_or_default();
        let touched = changes.iter().map(|(key, _)| key.clone()).collect();
        for (key, content) in changes {
            match content {
                Some(content) => state.insert(key, content),
                None => state.remove(&key),
            };
        }
        self.nodes.push(Node { commit, parent, merged, state, touched });
        self.lines[line].head = self.nodes.len() - 1;
        self.lines[line].own.push(self.nodes.len() - 1);
    }

    /// Changes one key or two: creates, commits, drops, renames.
    async fn write(&mut self, chance: &mut Chance) {
        let line = chance.below(self.lines.len());
        let state = self.nodes[self.lines[line].head].state.clone();
        let key = chance.pick(&tables()).clone();
        let file = format!("m{}", Ids.random());
        let (operations, changes) = match state.get(&key).cloned() {
            None => {
                let content = Content::Table { id: Ids.random(), metadata_location: file };
                (vec![put(key.clone(), Expect::Absent, content.clone())], vec![(key, Some(content))])
            }
            Some(found) => {
                let expect = Expect::Location(found.metadata_location().unwrap().to_owned());
                let to = chance.pick(&tables()).clone();
                if chance.percent(25) {
                    (vec![delete(key.clone(), expect)], vec![(key, None)])
                } else if chance.percent(30) && !state.contains_key(&to) {
                    let operations = vec![delete(key.clone(), expect), put(to.clone(), Expect::Absent, found.clone())];
                    (operations, vec![(key, None), (to, Some(found))])
                } else {
                    let content = Content::Table { id: found.id(), metadata_location: file };
                    (vec![put(key.clone(), expect, content.clone())], vec![(key, Some(content))])
                }
            }
        };
        self.commit(line, request(operations), changes, None).await;
    }

    /// Several writers at once, on all branches and both replicas.
    async fn burst(&mut self, chance: &mut Chance) {
        self.time += 10;
        let mut writers = Vec::new();
        for n in 0..6 {
            let line = chance.below(self.lines.len());
            let content = Content::Table { id: Ids.random(), metadata_location: format!("burst{n}") };
            writers.push((line, table_key("a", &format!("burst-{}-{n}", self.nodes.len())), content));
        }
        let writes = writers.iter().enumerate().map(|(n, (line, key, content))| {
            let request = request(vec![put(key.clone(), Expect::Absent, content.clone())]);
            let (store, branch, now) = (self.subject.either(n), &self.lines[*line].branch, at(self.time));
            async move { store.commit(branch, vec![request], now).await.remove(0).unwrap() }
        });
        let commits = join_all(writes).await;
        let mut made: Vec<_> = commits.into_iter().zip(writers).collect();
        made.sort_by_key(|(commit, _)| (commit.branch_id, commit.seq));
        for (commit, (line, key, content)) in made {
            self.enter(line, commit, vec![(key, Some(content))], None);
        }
    }

    /// A branch from the head of another, from a commit of its past, or from a tag.
    async fn fork(&mut self, number: usize, chance: &mut Chance) {
        let from = chance.below(self.lines.len());
        let (asked, head) = match chance.below(3) {
            0 => (Asked::Name(self.lines[from].branch.name.clone()), self.lines[from].head),
            1 if !self.tags.is_empty() => {
                let (name, node) = chance.pick(&self.tags).clone();
                (Asked::Name(name), node)
            }
            _ => {
                let node = chance.below(self.nodes.len());
                (Asked::Commit(self.nodes[node].commit.id), node)
            }
        };
        let warehouse = self.lines[0].branch.warehouse_id;
        let Revision { branch: _, view } = self.subject.store.resolve(warehouse, &asked).await.unwrap().unwrap();
        let name = format!("b{number}");
        let branch = self.subject.store.create_branch(warehouse, &name, &view, at(self.time)).await.unwrap();
        self.lines.push(Line { branch, head, own: Vec::new() });
    }

    async fn tag(&mut self, number: usize, chance: &mut Chance) {
        let line = &self.lines[chance.below(self.lines.len())];
        let (name, view) = (format!("t{number}"), View::head(&line.branch));
        let warehouse = line.branch.warehouse_id;
        let tag = self.subject.store.create_tag(warehouse, &name, &view, at(self.time)).await.unwrap();
        assert_eq!(tag.commit_id, self.nodes[line.head].commit.id);
        assert_eq!(self.subject.replica.get_ref(warehouse, &name).await.unwrap(), Some(Reference::Tag(tag)));
        self.tags.push((name, line.head));
    }

    async fn merge(&mut self, chance: &mut Chance) {
        let (from, into) = (chance.below(self.lines.len()), chance.below(self.lines.len()));
        if from == into {
            return;
        }
        let modes = random_modes(chance);
        let (source, target) = (self.lines[from].head, self.lines[into].head);
        let (known, theirs) = (self.ancestors(target), self.ancestors(source));
        let bases: Vec<State> =
            self.newest(&theirs.intersection(&known).copied().collect()).map(|n| self.nodes[n].state.clone()).collect();
        let news: Vec<usize> = self.chain(source).into_iter().filter(|node| !known.contains(node)).collect();
        let keys = news.iter().flat_map(|node| self.nodes[*node].touched.clone()).collect();
        let views = (View::head(&self.lines[from].branch), View::head(&self.lines[into].branch));
        let prepared = merge(&**self.subject.either(source), &views.0, &views.1, &modes).await.unwrap();
        assert_eq!(prepared.news, !news.is_empty());
        let state = self.nodes[source].state.clone();
        let expected = decide(&keys, &bases, &state, &self.nodes[target].state, &modes);
        if self.agree(into, prepared, expected).await {
            let last = self.nodes.len() - 1;
            self.nodes[last].merged = Some(source);
        }
    }

    /// Cherry-picks a commit, or takes it back.
    async fn pick(&mut self, chance: &mut Chance) {
        let node = chance.below(self.nodes.len());
        let into = chance.below(self.lines.len());
        let modes = random_modes(chance);
        let (id, after) = (self.nodes[node].commit.id, self.nodes[node].state.clone());
        let before = self.nodes[node].parent.map(|n| self.nodes[n].state.clone()).unwrap_or_default();
        let keys = self.nodes[node].touched.clone();
        // Taking the first commit of all back is about the namespace that everything lies in.
        let keys: BTreeSet<Key> = if node == 0 { return } else { keys };
        let (store, view) = (&*self.subject.store, View::head(&self.lines[into].branch));
        let warehouse = self.lines[into].branch.warehouse_id;
        let target = self.nodes[self.lines[into].head].state.clone();
        let (prepared, expected) = if chance.percent(50) {
            let prepared = cherry_pick(store, warehouse, id, &view, &modes).await.unwrap();
            (prepared, decide(&keys, &[before], &after, &target, &modes))
        } else {
            let prepared = revert(store, warehouse, id, &view, &modes).await.unwrap();
            (prepared, decide(&keys, &[after], &before, &target, &modes))
        };
        self.agree(into, prepared, expected).await;
    }

    /// Compares what was prepared with what the model expects, and commits it; true if there was something to commit.
    async fn agree(&mut self, into: usize, prepared: Prepared, expected: Decided) -> bool {
        let Prepared { outcome, origin, news } = prepared;
        let clashes: BTreeSet<(Key, bool)> =
            outcome.clashes.iter().map(|c| (c.key.clone(), c.reason == Reason::Elsewhere)).collect();
        assert_eq!(clashes, expected.clashes);
        if !clashes.is_empty() || !news {
            return false;
        }
        let changed: BTreeSet<&Key> = outcome.operations.iter().map(|operation| operation.key()).collect();
        assert_eq!(changed, expected.changes.iter().map(|(key, _)| key).collect());
        let preconditions = outcome.preconditions;
        let request = CommitRequest { preconditions, origin: Some(origin), ..request(outcome.operations) };
        self.commit(into, request, expected.changes, None).await;
        true
    }

    async fn undrop(&mut self, chance: &mut Chance) {
        let line = chance.below(self.lines.len());
        let Line { branch, head, own } = &self.lines[line];
        let state = &self.nodes[*head].state;
        let touched = own.iter().flat_map(|node| self.nodes[*node].touched.clone());
        let expected: BTreeSet<Key> = touched.filter(|key| !state.contains_key(key)).collect();
        let store = &self.subject.store;
        let listed = walk(3, async |page| store.list_dropped(branch, None, &page).await).await;
        assert_eq!(listed.iter().map(|dropped| dropped.key.clone()).collect::<BTreeSet<_>>(), expected);
        let live: BTreeSet<Uuid> = state.values().map(Content::id).collect();
        let back = listed.into_iter().find(|dropped| !live.contains(&dropped.entry.content.id()));
        if let Some(dropped) = back {
            let content = dropped.entry.content;
            let request = request(vec![put(dropped.key.clone(), Expect::Absent, content.clone())]);
            self.commit(line, request, vec![(dropped.key, Some(content))], None).await;
        }
    }

    async fn check_diff(&self, chance: &mut Chance) {
        let (a, b) = (chance.below(self.nodes.len()), chance.below(self.nodes.len()));
        let (left, right) = (&self.nodes[a].state, &self.nodes[b].state);
        let keys: BTreeSet<&Key> = left.keys().chain(right.keys()).collect();
        let expected: Vec<&Key> = keys.into_iter().filter(|key| left.get(*key) != right.get(*key)).collect();
        let views = (self.view(a).await, self.view(b).await);
        let list = async |page| diff(&*self.subject.store, &views.0, &views.1, &page).await;
        let found = walk(u32::try_from(chance.below(5) + 1).unwrap(), list).await;
        assert_eq!(found.iter().map(|d| &d.key).collect::<Vec<_>>(), expected);
        for difference in &found {
            assert_eq!(difference.before.as_ref().map(|e| &e.content), left.get(&difference.key));
            assert_eq!(difference.after.as_ref().map(|e| &e.content), right.get(&difference.key));
        }
    }

    async fn view(&self, node: usize) -> View {
        let asked = Asked::Commit(self.nodes[node].commit.id);
        let warehouse = self.lines[0].branch.warehouse_id;
        self.subject.replica.resolve(warehouse, &asked).await.unwrap().unwrap().view
    }

    /// A branch at its head, at a time, and its history.
    async fn check(&self, line: usize, chance: &mut Chance) {
        let Line { branch, head, .. } = &self.lines[line];
        let (store, view) = (self.subject.either(chance.below(2)), View::head(branch));
        self.check_state(&view, *head, chance).await;
        let chain = self.chain(*head);
        let log = walk(7, async |page| store.log(&view, &LogFilter::default(), &page).await).await;
        assert_eq!(log, chain.iter().map(|node| self.nodes[*node].commit.clone()).collect::<Vec<_>>());
        let then = at(i64::try_from(chance.below(usize::try_from(self.time).unwrap() + 20)).unwrap());
        let expected = chain.iter().find(|node| self.nodes[**node].commit.committed_at <= then);
        let asked = Asked::Time(branch.name.clone(), then);
        let found = store.resolve(branch.warehouse_id, &asked).await.unwrap();
        assert_eq!(found.is_some(), expected.is_some());
        if let (Some(Revision { branch: None, view }), Some(node)) = (found, expected) {
            self.check_state(&view, *node, chance).await;
        }
    }

    async fn check_state(&self, view: &View, node: usize, chance: &mut Chance) {
        let state = &self.nodes[node].state;
        let size = u32::try_from(chance.below(9) + 1).unwrap();
        let list = async |page| self.subject.store.list(view, &ns("a"), Kind::Table, &page).await;
        let names: Vec<_> = walk(size, list).await.into_iter().map(|listed| listed.name).collect();
        let tables = state.iter().filter(|(_, content)| content.kind() == Kind::Table);
        assert_eq!(names, tables.clone().map(|(key, _)| key.name.clone()).collect::<Vec<_>>());
        let keys: Vec<Key> = state.keys().cloned().collect();
        let entries: Vec<Option<Entry>> = self.subject.store.look_all(view, &keys).await.unwrap();
        let contents: Vec<_> = entries.into_iter().map(|entry| entry.unwrap().content).collect();
        assert_eq!(contents, state.values().cloned().collect::<Vec<_>>());
    }

    /// A node and all before it on its own line, newest first.
    fn chain(&self, node: usize) -> Vec<usize> {
        std::iter::successors(Some(node), |node| self.nodes[*node].parent).collect()
    }

    /// A node and all that came into it, whichever way.
    fn ancestors(&self, node: usize) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(node) = open.pop() {
            if found.insert(node) {
                open.extend(self.nodes[node].parent);
                open.extend(self.nodes[node].merged);
            }
        }
        found
    }

    /// Those that no other one of them contains.
    fn newest(&self, nodes: &BTreeSet<usize>) -> impl Iterator<Item = usize> {
        let contains = |other: usize, node: usize| other != node && self.ancestors(other).contains(&node);
        let newest: Vec<usize> =
            nodes.iter().copied().filter(|node| !nodes.iter().any(|other| contains(*other, *node))).collect();
        newest.into_iter()
    }
}

/// What a merge should come to: clashes (and whether because a table is elsewhere) and changes.
struct Decided {
    clashes: BTreeSet<(Key, bool)>,
    changes: Vec<(Key, Option<Content>)>,
}

fn decide(keys: &BTreeSet<Key>, bases: &[State], source: &State, target: &State, modes: &Modes) -> Decided {
    let mut decided = Decided { clashes: BTreeSet::new(), changes: Vec::new() };
    for key in keys {
        let (theirs, ours) = (source.get(key), target.get(key));
        let before: BTreeSet<String> = bases.iter().map(|base| format!("{:?}", base.get(key))).collect();
        let unchanged = |now: Option<&Content>| before.len() == 1 && before.contains(&format!("{now:?}"));
        let take = match modes.keys.get(key).unwrap_or(&modes.default) {
            _ if theirs == ours => false,
            Mode::Ours => false,
            Mode::Theirs => true,
            Mode::Normal if unchanged(theirs) => false,
            Mode::Normal if unchanged(ours) => true,
            Mode::Normal => {
                decided.clashes.insert((key.clone(), false));
                false
            }
        };
        if take {
            decided.changes.push((key.clone(), theirs.cloned()));
        }
    }
    let changed: BTreeSet<&Key> = decided.changes.iter().map(|(key, _)| key).collect();
    for (key, content) in &decided.changes {
        let Some(content) = content else { continue };
        let mut elsewhere = target.iter().filter(|(other, _)| !changed.contains(other));
        if elsewhere.any(|(_, other)| other.id() == content.id()) {
            decided.clashes.insert((key.clone(), true));
        }
    }
    decided
}

fn random_modes(chance: &mut Chance) -> Modes {
    let all = [Mode::Normal, Mode::Normal, Mode::Ours, Mode::Theirs];
    let keys = tables().into_iter().filter(|_| chance.percent(20)).collect::<Vec<_>>();
    Modes { default: *chance.pick(&all), keys: keys.into_iter().map(|key| (key, *chance.pick(&all))).collect() }
}

fn tables() -> Vec<Key> {
    ["t", "u", "v", "w", "x"].map(|name| table_key("a", name)).into()
}

fn content_of(request: &CommitRequest) -> Option<Content> {
    match &request.operations[0] {
        crate::Operation::Put { content, .. } => Some(content.clone()),
        crate::Operation::Delete { .. } => None,
    }
}
