//! Retention, as a model says: random trees, of which every state is remembered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::Subject;
use super::chance::{Chance, rounds};
use super::retention::{TWO, content, files, sweep, twice};
use super::things::{at, commit, create_ns, delete, location, main_branch, ns, put, request, table_key};
use crate::{Branch, Commit, Content, Expect, Ids, Kind, PaginationParams, StoreError, View};

/// The names and metadata files of the tables in `a`.
type State = BTreeMap<String, String>;

async fn read(subject: &Subject, view: &View) -> State {
    let mut state = State::new();
    let page = PaginationParams::default();
    for listed in subject.store.list(view, &ns("a"), Kind::Table, &page).await.unwrap().items {
        let entry = subject.replica.look(view, &table_key("a", &listed.name)).await.unwrap();
        let Some(Content::Table { metadata_location, .. }) = entry.map(|entry| entry.content) else {
            panic!("{} is listed and not there", listed.name)
        };
        state.insert(listed.name, metadata_location);
    }
    state
}

/// A tree that grows by chance, and every state that there ever was.
struct World {
    branches: Vec<Branch>,
    tags: Vec<(String, View)>,
    heads: HashMap<i64, i64>,
    states: HashMap<(i64, i64), State>,
    contents: BTreeSet<Uuid>,
    ids: BTreeMap<String, Uuid>,
}

impl World {
    async fn new(subject: &Subject) -> Self {
        let main = main_branch(subject).await;
        commit(subject, &main, create_ns("a")).await;
        let heads = HashMap::from([(main.id, 1)]);
        let states = HashMap::from([((main.id, 1), State::new())]);
        let branches = vec![main];
        Self { branches, tags: Vec::new(), heads, states, contents: BTreeSet::new(), ids: BTreeMap::new() }
    }

    /// What a view shows, whose first level may be a branch that has no commit yet; nothing before the first commit.
    fn expected(&self, view: &View) -> State {
        let levels = view.lineage.iter().zip(&view.upto);
        let mut found = levels.filter_map(|(id, upto)| {
            let seq = (*upto).min(self.heads.get(id).copied().unwrap_or(0));
            self.states.get(&(*id, seq))
        });
        found.next().cloned().unwrap_or_default()
    }

    /// Changes one table of one branch.
    async fn change(&mut self, subject: &Subject, chance: &mut Chance, number: usize) {
        let branch = chance.pick(&self.branches).clone();
        let mut state = self.expected(&View::head(&branch));
        let name = format!("t{}", chance.below(4));
        let (key, file) = (table_key("a", &name), format!("f{number}"));
        let operation = match state.get(&name).cloned() {
            Some(there) if chance.percent(25) => {
                state.remove(&name);
                delete(key, location(&there))
            }
            found => {
                let expect = found.as_deref().map_or(Expect::Absent, location);
                // A table that comes back is another one.
                let id = match found.as_ref().and_then(|file| self.ids.get(file)) {
                    Some(id) => *id,
                    None => Ids.random(),
                };
                self.contents.insert(id);
                self.ids.insert(file.clone(), id);
                state.insert(name, file.clone());
                put(key, expect, content(id, &file))
            }
        };
        let Commit { seq, .. } = commit(subject, &branch, request(vec![operation])).await;
        self.heads.insert(branch.id, seq);
        self.states.insert((branch.id, seq), state);
    }

    /// Makes or deletes a branch or a tag; a place before the floor must be refused, and no other.
    async fn name(&mut self, subject: &Subject, chance: &mut Chance, number: usize) {
        let store = &subject.store;
        if chance.percent(30) && !self.tags.is_empty() {
            let (name, _) = self.tags.remove(chance.below(self.tags.len()));
            assert!(store.delete_tag(self.branches[0].warehouse_id, &name, at(11)).await.unwrap());
            return;
        }
        if chance.percent(30) && self.branches.len() > 4 {
            let branch = self.branches.remove(1 + chance.below(self.branches.len() - 1));
            store.delete_branch(&branch, at(11)).await.unwrap();
            return;
        }
        let branch = chance.pick(&self.branches).clone();
        let head = self.heads.get(&branch.id).copied().unwrap_or(0);
        let seq = i64::try_from(chance.below(usize::try_from(head + 1).unwrap())).unwrap();
        let (view, floor) = (View::at(&branch, seq), store.floors(&[branch.id]).await.unwrap()[0].seq);
        let tagged = self.tags.iter().any(|(_, tag)| tag.lineage[0] == branch.id && tag.upto[0] == seq);
        let name = format!("r{number}");
        let made = if chance.percent(50) {
            let made = store.create_branch(branch.warehouse_id, &name, &view, at(11)).await;
            made.map(|made| self.branches.push(made))
        } else {
            store.create_tag(branch.warehouse_id, &name, &view, at(11)).await.map(|_| self.tags.push((name, view)))
        };
        match made {
            Ok(()) => assert!(seq >= floor || tagged, "{seq} is before {floor}"),
            Err(StoreError::NotFound(words)) => assert!(seq < floor && !tagged || seq == 0, "{words}"),
            Err(StoreError::Conflict(words)) => assert!(words.contains("ancestors"), "{words}"),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Every state that is promised is as it was.
    async fn check(&self, subject: &Subject, when: &str) {
        for (name, view) in &self.tags {
            assert_eq!(read(subject, view).await, self.expected(view), "{when}: tag {name}");
        }
        for branch in &self.branches {
            let head = self.heads.get(&branch.id).copied().unwrap_or(0);
            let floor = subject.store.floors(&[branch.id]).await.unwrap()[0].seq;
            for seq in floor..=head {
                let view = View::at(branch, seq);
                assert_eq!(read(subject, &view).await, self.expected(&view), "{when}: {}@{seq}", branch.name);
            }
        }
    }
}

pub async fn random_trees_lose_only_what_nobody_shows(subject: &Subject) {
    let chance = &mut Chance::new();
    let world = &mut World::new(subject).await;
    for number in 0..rounds(120) {
        match chance.below(10) {
            0..=6 => world.change(subject, chance, number).await,
            7 | 8 => world.name(subject, chance, number).await,
            _ => {
                sweep(subject, &world.branches[0], &TWO).await;
                world.check(subject, &format!("after step {number}")).await;
            }
        }
    }
    let main = world.branches[0].clone();
    for (name, _) in world.tags.drain(..) {
        assert!(subject.store.delete_tag(main.warehouse_id, &name, at(12)).await.unwrap());
    }
    for branch in world.branches.drain(1..) {
        subject.store.delete_branch(&branch, at(12)).await.unwrap();
    }
    twice(subject, &main).await;
    world.check(subject, "at the end").await;
    let (head, floor) = (world.heads[&main.id], subject.store.floors(&[main.id]).await.unwrap()[0].seq);
    let states = (floor..=head).map(|seq| world.expected(&View::at(&main, seq)));
    let shown: BTreeSet<String> = states.flat_map(BTreeMap::into_values).collect();
    let mut left = BTreeSet::new();
    for id in &world.contents {
        left.extend(files(subject, *id).await);
    }
    assert_eq!(left, shown, "and all else is gone");
}
