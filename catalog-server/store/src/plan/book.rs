//! Enters the winners: the state goes on, the rows pile up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::draft::Draft;
use super::{CommitRow, Head, NameRow, PurgeRow, Rows, State, VersionRow};
use crate::{Commit, CommitRequest, Content, Entry, Key, Mark, Version};

pub(super) struct Book {
    branch_id: i64,
    now: Timestamp,
    state: State,
    commits: Vec<CommitRow>,
    versions: Vec<VersionRow>,
    names: BTreeMap<Key, NameRow>,
    holds: BTreeMap<Uuid, Vec<String>>,
    purges: BTreeMap<Uuid, PurgeRow>,
    spared: BTreeSet<Uuid>,
    marks: BTreeMap<(String, Uuid), Mark>,
}

impl Book {
    pub(super) fn new(branch_id: i64, state: State, now: Timestamp) -> Self {
        Self {
            branch_id,
            // What databases keep: the answer to a commit is what its row says later.
            now: Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now),
            state,
            commits: Vec::new(),
            versions: Vec::new(),
            names: BTreeMap::new(),
            holds: BTreeMap::new(),
            purges: BTreeMap::new(),
            spared: BTreeSet::new(),
            marks: BTreeMap::new(),
        }
    }

    /// What the next request sees.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn enter(&mut self, request: &CommitRequest, draft: Draft) -> Commit {
        let commit = self.commit(request);
        let Draft { changes, holds, purges, spared } = draft;
        for (key, content) in changes {
            self.change(commit.seq, key, content);
        }
        for (content, locations) in holds {
            self.hold(content, locations);
        }
        for content in spared {
            self.spare(content);
        }
        for purge in purges {
            self.purge(purge);
        }
        if let Some(mark) = &request.idempotency {
            let key = (mark.principal.clone(), mark.key);
            self.state.marks.insert(key.clone(), mark.clone());
            self.marks.insert(key, mark.clone());
        }
        commit
    }

    pub(super) fn close(self) -> Rows {
        let Self { branch_id: _, now: _, state: _, commits, versions, names, holds, purges, spared, marks } = self;
        let releases = holds.keys().copied().collect();
        let claims = holds
            .into_iter()
            .flat_map(|(content, locations)| locations.into_iter().map(move |location| (location, content)))
            .collect();
        Rows {
            commits,
            versions,
            names: names.into_values().collect(),
            releases,
            claims,
            purges: purges.into_values().collect(),
            spared: spared.into_iter().collect(),
            marks: marks.into_values().collect(),
        }
    }

    fn commit(&mut self, request: &CommitRequest) -> Commit {
        let CommitRequest { id, author, message, operations: _, preconditions: _, idempotency: _, origin } = request;
        let parent = self.state.head.or(self.state.fork);
        let commit = Commit {
            id: *id,
            seq: self.state.head.map_or(0, |head| head.seq) + 1,
            branch_id: self.branch_id,
            parent_id: parent.map(|parent| parent.id),
            author: author.clone(),
            message: message.clone(),
            committed_at: parent.map_or(self.now, |parent| parent.committed_at.max(self.now)),
            origin: *origin,
        };
        self.state.head = Some(Head { seq: commit.seq, id: commit.id, committed_at: commit.committed_at });
        self.commits.push(commit.clone());
        commit
    }

    fn change(&mut self, seq: i64, key: Key, content: Option<Content>) {
        let before = self.state.entries.get(&key).map(|entry| entry.content.kind());
        let after = content.as_ref().map(Content::kind);
        if before != after {
            let first_seq = *self.state.first_seq.entry(key.clone()).or_insert(seq);
            let kind = after.map_or(0, |kind| kind.as_i16());
            self.names.insert(key.clone(), NameRow { key: key.clone(), kind, seq, first_seq });
        }
        if let Some(children) = self.state.children.get_mut(&key.ns) {
            let child = (key.class, key.name.clone());
            if after.is_some() {
                children.insert(child)
            } else {
                children.remove(&child)
            };
        }
        let prev_seq = self.state.own_seq.insert(key.clone(), seq);
        match &content {
            Some(content) => {
                let version = Version { branch_id: self.branch_id, seq };
                self.state.entries.insert(key.clone(), Entry { content: content.clone(), version });
            }
            None => {
                self.state.entries.remove(&key);
            }
        }
        self.versions.push(VersionRow { seq, key, prev_seq, content });
    }

    /// What came back and is dropped again in one group is purged for the last drop's sake.
    fn purge(&mut self, row: PurgeRow) {
        self.spared.remove(&row.content_id);
        self.state.to_be_purged.insert(row.content_id);
        self.purges.insert(row.content_id, row);
    }

    fn spare(&mut self, content: Uuid) {
        self.purges.remove(&content);
        self.state.to_be_purged.remove(&content);
        self.spared.insert(content);
    }

    fn hold(&mut self, content: Uuid, locations: Vec<String>) {
        self.state.held.retain(|(_, holder)| *holder != content);
        match locations.is_empty() {
            true => self.state.let_go.insert(content),
            false => self.state.let_go.remove(&content),
        };
        self.state.held.extend(locations.iter().map(|location| (location.clone(), content)));
        self.holds.insert(content, locations);
    }
}
