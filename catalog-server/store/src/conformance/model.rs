//! Random trees, checked against a model in memory that keeps every state whole.
//!
//! Branches come from crafted [`Branch`] values: the id of another warehouse's `main`, with a lineage. What a branch
//! sees depends on nothing else, so that lineages are tested before anything can create a branch.

use std::collections::BTreeMap;

use super::Subject;
use super::chance::{Chance, rounds};
use super::pages::{check, walk};
use super::things::{
    at, commit, create_ns, create_table, delete, location, namespace, ns, put, request, table_key, view, warehouse,
};
use super::tree::names;
use crate::{
    Branch, Class, Commit, CommitError, CommitRequest, Content, Entry, Expect, Found, Ids, Key, Kind, Listed,
    LogFilter, NamespacePath, Operation, Precondition, Version, View,
};

type Tree = BTreeMap<Key, Entry>;

/// A branch, and what it was after each of its commits; the first state is what it was forked from.
struct Line {
    branch: Branch,
    states: Vec<Tree>,
    /// Newest first, the ancestors' included.
    log: Vec<Commit>,
}

pub async fn a_branch_sees_its_ancestor_as_it_was_at_the_fork(subject: &Subject) {
    let (_, main) = warehouse(subject, "lake").await;
    let (_, other) = warehouse(subject, "branch").await;
    commit(subject, &main, create_ns("a")).await;
    let fork = commit(subject, &main, create_table("a", "t", "m0")).await;
    let branch = Branch { lineage: vec![main.id], upto: vec![fork.seq], ..other };
    commit(subject, &main, create_table("a", "late", "m")).await;
    commit(subject, &main, request(vec![delete(table_key("a", "t"), location("m0"))])).await;
    let head = View::head(&branch);
    assert_eq!(names(subject, &head, &ns("a"), Kind::Table).await, ["t"]);
    let first = commit(subject, &branch, create_table("a", "mine", "m")).await;
    assert_eq!((first.seq, first.parent_id), (1, Some(fork.id)));
    assert_eq!(names(subject, &head, &ns("a"), Kind::Table).await, ["mine", "t"]);
    let inherited = subject.store.look(&head, &table_key("a", "t")).await.unwrap().unwrap();
    assert_eq!(inherited.version, Version { branch_id: main.id, seq: fork.seq });
    commit(subject, &branch, request(vec![delete(table_key("a", "t"), location("m0"))])).await;
    assert_eq!(names(subject, &head, &ns("a"), Kind::Table).await, ["mine"]);
    assert_eq!(names(subject, &View::at(&branch, 1), &ns("a"), Kind::Table).await, ["mine", "t"]);
    assert_eq!(names(subject, &View::head(&main), &ns("a"), Kind::Table).await, ["late"]);
}

pub async fn random_trees_read_as_a_model_says(subject: &Subject) {
    let mut chance = Chance::new();
    let mut lines = vec![Line::main(warehouse(subject, "w0").await.1)];
    for n in 1..4 {
        for _ in 0..rounds(6) {
            let line = chance.below(lines.len());
            lines[line].commit(subject, &mut chance).await;
        }
        let (_, row) = warehouse(subject, &format!("w{n}")).await;
        let parent = &lines[chance.below(lines.len())];
        lines.push(parent.fork(row, &mut chance));
    }
    for _ in 0..rounds(12) {
        let line = chance.below(lines.len());
        lines[line].commit(subject, &mut chance).await;
    }
    for line in &lines {
        line.check(subject, &mut chance).await;
    }
}

impl Line {
    fn main(branch: Branch) -> Self {
        Self { branch, states: vec![Tree::new()], log: Vec::new() }
    }

    fn fork(&self, row: Branch, chance: &mut Chance) -> Self {
        let at = chance.below(self.states.len());
        let View { lineage, upto } = View::at(&self.branch, i64::try_from(at).unwrap());
        let log = self.log[self.states.len() - 1 - at..].to_vec();
        Self { branch: Branch { lineage, upto, ..row }, states: vec![self.states[at].clone()], log }
    }

    /// Commits a random group, and checks each answer.
    async fn commit(&mut self, subject: &Subject, chance: &mut Chance) {
        let group: Vec<CommitRequest> = (0..=chance.below(5)).map(|_| self.random_request(chance)).collect();
        let now = at(i64::try_from(chance.below(1_000)).unwrap());
        let store = subject.either(chance.below(2));
        let results = store.commit(&self.branch, group.clone(), now).await;
        assert_eq!(results.len(), group.len());
        for (request, result) in group.iter().zip(results) {
            match (self.apply(request), result) {
                (Ok(tree), Ok(commit)) => {
                    assert_eq!((commit.id, commit.parent_id), (request.id, self.log.first().map(|c| c.id)));
                    assert_eq!(commit.seq, i64::try_from(self.states.len()).unwrap());
                    self.states.push(tree);
                    self.log.insert(0, commit);
                }
                (Err(expected), Err(CommitError::Conflict { key, found })) => assert_eq!((key, found), expected),
                (expected, found) => panic!("{request:?}: expected {expected:?}, but {found:?}"),
            }
        }
    }

    /// What the request makes of the newest state, or why it loses.
    fn apply(&self, request: &CommitRequest) -> Result<Tree, (Key, Found)> {
        let mut tree = self.states[self.states.len() - 1].clone();
        let version = Version { branch_id: self.branch.id, seq: i64::try_from(self.states.len()).unwrap() };
        for operation in &request.operations {
            let (Operation::Put { key, expect, .. } | Operation::Delete { key, expect, .. }) = operation;
            let found = tree.get(key);
            let met = match expect {
                Expect::Absent => found.is_none(),
                Expect::Location(location) => found.is_some_and(|e| e.content.metadata_location() == Some(location)),
                Expect::Version(version) => found.is_some_and(|e| e.version == *version),
            };
            if !met {
                return Err((key.clone(), found.cloned().map_or(Found::Absent, Found::Entry)));
            }
            match operation {
                Operation::Put { content, .. } => tree.insert(key.clone(), Entry { content: content.clone(), version }),
                Operation::Delete { .. } => tree.remove(key),
            };
        }
        for precondition in &request.preconditions {
            match precondition {
                Precondition::Exists(ns) => match ns.key() {
                    Some(key) if !tree.contains_key(&key) => return Err((key, Found::Absent)),
                    _ => {}
                },
                Precondition::Empty(ns) if tree.keys().any(|key| key.ns == *ns) => {
                    return Err((ns.key().unwrap(), Found::NotEmpty));
                }
                // There is but one branch, and nobody claims locations.
                Precondition::Empty(_) | Precondition::Holds { .. } | Precondition::ShownAs { .. } => {}
            }
        }
        Ok(tree)
    }

    fn random_request(&self, chance: &mut Chance) -> CommitRequest {
        let tree = &self.states[self.states.len() - 1];
        let mut keys: Vec<Key> = (0..=chance.below(3)).map(|_| random_key(chance)).collect();
        keys.sort();
        keys.dedup();
        let mut request = request(Vec::new());
        for key in keys {
            let found = tree.get(&key);
            let expect = random_expectation(found, chance);
            if found.is_some() && chance.percent(40) && expect != Expect::Absent {
                if let Some(ns) = key.namespace() {
                    request.preconditions.push(Precondition::Empty(ns));
                }
                request.operations.push(delete(key, expect));
            } else {
                if chance.percent(70) {
                    request.preconditions.push(Precondition::Exists(key.ns.clone()));
                }
                let content = random_content(&key, found, chance);
                request.operations.push(put(key, expect, content));
            }
        }
        request
    }

    /// Reads everything back, at the head and at past commits.
    async fn check(&self, subject: &Subject, chance: &mut Chance) {
        let sizes = [u32::try_from(chance.below(3) + 1).unwrap(), u32::try_from(chance.below(20) + 1).unwrap()];
        for _ in 0..rounds(5) {
            let seq = chance.below(self.states.len());
            self.check_at(subject, View::at(&self.branch, i64::try_from(seq).unwrap()), seq, &sizes).await;
        }
        self.check_at(subject, View::head(&self.branch), self.states.len() - 1, &sizes).await;
    }

    async fn check_at(&self, subject: &Subject, view: View, seq: usize, sizes: &[u32]) {
        let tree = &self.states[seq];
        for key in all_keys() {
            let found = subject.store.look(&view, &key).await.unwrap();
            assert_eq!(found.as_ref(), tree.get(&key), "{key} at {seq}");
        }
        for ns in namespaces() {
            for kind in [Kind::Namespace, Kind::Table, Kind::View] {
                let under = tree.iter().filter(|(key, entry)| key.ns == ns && entry.content.kind() == kind);
                let expected: Vec<_> = under.map(|(key, _)| Listed { name: key.name.clone(), kind }).collect();
                check(&expected, sizes, async |page| subject.store.list(&view, &ns, kind, &page).await).await;
            }
        }
        let log = &self.log[self.states.len() - 1 - seq..];
        check(log, sizes, async |page| subject.store.log(&view, &LogFilter::default(), &page).await).await;
        assert_eq!(walk(1_000, async |page| subject.replica.log(&view, &LogFilter::default(), &page).await).await, log);
    }
}

fn namespaces() -> Vec<NamespacePath> {
    ["a", "a.b", "c"].map(ns).into_iter().chain([NamespacePath::root()]).collect()
}

fn all_keys() -> Vec<Key> {
    let spaces = ["a", "a.b", "c"].map(|name| ns(name).key().unwrap());
    let tables = ["a", "a.b", "c"].into_iter().flat_map(|ns| ["b", "t", "u", "v", "w", "x"].map(|t| table_key(ns, t)));
    spaces.into_iter().chain(tables).collect()
}

fn random_key(chance: &mut Chance) -> Key {
    chance.pick(&all_keys()).clone()
}

fn random_expectation(found: Option<&Entry>, chance: &mut Chance) -> Expect {
    if chance.percent(15) {
        let stale = Version { branch_id: 1, seq: i64::try_from(chance.below(9)).unwrap() };
        return chance.pick(&[Expect::Absent, location("stale"), Expect::Version(stale)]).clone();
    }
    match found {
        None => Expect::Absent,
        Some(entry) => match entry.content.metadata_location() {
            Some(metadata) if chance.percent(80) => location(metadata),
            _ => Expect::Version(entry.version),
        },
    }
}

fn random_content(key: &Key, found: Option<&Entry>, chance: &mut Chance) -> Content {
    let metadata_location = format!("m{}", chance.below(1_000_000));
    let id = found.filter(|_| chance.percent(80)).map_or_else(|| Ids.random(), |entry| entry.content.id());
    match key.class {
        Class::Namespace => namespace(&[("n", &metadata_location)]),
        Class::Relation if chance.percent(30) => view(&metadata_location),
        Class::Relation => Content::Table { id, metadata_location },
    }
}
