//! Reads what a merge, a cherry-pick or a revert compares.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use super::base::Merges;
use super::kept::refuse_lost;
use super::three_way::{Candidate, Modes, Outcome, Reason, three_way};
use crate::{
    Commit, HistoryStore, Key, Kind, NamespacePath, Operation, Origin, PaginationParams, Precondition, RefStore,
    Result, RetentionStore, Span, StoreError, TreeStore, View, VisibilityStore,
};

/// What a merge reads from.
pub trait Reads: TreeStore + HistoryStore + RefStore + VisibilityStore + RetentionStore {}
impl<T: TreeStore + HistoryStore + RefStore + VisibilityStore + RetentionStore + ?Sized> Reads for T {}

/// Changes to be committed on the target, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// What is to be done, and what stands in the way.
    pub outcome: Outcome,
    /// What the commit is to record.
    pub origin: Origin,
    /// False if the target has all of it already. If a merge brings news, it is to be committed although nothing has to
    /// be done: the next one then begins after it.
    pub news: bool,
}

/// Keys that a merge compares at most: it is one commit, and one answer.
const MAX_KEYS: usize = 100_000;

/// Brings what the source did, and the target has not got yet, into the target. Nothing is written: the operations, if
/// there are no clashes, go into a commit on the target.
///
/// # Errors
/// `NotFound` for a source that is gone, or if retention has taken what both have in common; `Conflict` if it changed more than 100,000 keys, and the store's.
pub async fn merge(store: &(impl Reads + ?Sized), source: &View, target: &View, modes: &Modes) -> Result<Prepared> {
    let source = store.pin(source).await?;
    let target = store.pin(target).await?;
    let merges = Merges::below(store, &[&source, &target]).await?;
    let (ours, bases) = (merges.known(&target), merges.bases(&source, &target));
    refuse_lost(store, &bases).await?;
    let levels = source.lineage.iter().zip(&source.upto);
    let spans: Vec<Span> = levels
        .map(|(id, upto)| Span { branch_id: *id, after: ours.upto(*id).min(*upto), upto: *upto })
        .filter(|span| span.after < span.upto)
        .collect();
    let (branch_id, seq) = source.tip()?;
    let outcome = compare(store, &spans, &bases, &source, &target, modes).await?;
    Ok(Prepared { outcome, origin: Origin::Merge { branch_id, seq }, news: !spans.is_empty() })
}

/// Brings what one commit did into the target.
///
/// # Errors
/// `NotFound` for a commit that is not there, or is older than what retention keeps, and the store's.
pub async fn cherry_pick(
    store: &(impl Reads + ?Sized),
    warehouse_id: i64,
    commit: Uuid,
    target: &View,
    modes: &Modes,
) -> Result<Prepared> {
    let (span, before, after) = around(store, warehouse_id, commit).await?;
    let outcome = compare(store, &[span], &[before], &after, target, modes).await?;
    Ok(Prepared { news: !outcome.operations.is_empty(), outcome, origin: Origin::Commit(commit) })
}

/// Takes back in the target what one commit did.
///
/// # Errors
/// `NotFound` for a commit that is not there, or is older than what retention keeps, and the store's.
pub async fn revert(
    store: &(impl Reads + ?Sized),
    warehouse_id: i64,
    commit: Uuid,
    target: &View,
    modes: &Modes,
) -> Result<Prepared> {
    let (span, before, after) = around(store, warehouse_id, commit).await?;
    let outcome = compare(store, &[span], &[after], &before, target, modes).await?;
    Ok(Prepared { news: !outcome.operations.is_empty(), outcome, origin: Origin::Commit(commit) })
}

/// A commit alone, and the states before and after it.
pub(super) async fn around(
    store: &(impl Reads + ?Sized),
    warehouse_id: i64,
    commit: Uuid,
) -> Result<(Span, View, View)> {
    let Some((Commit { branch_id, seq, .. }, after)) = store.get_commit(warehouse_id, commit).await? else {
        return Err(StoreError::NotFound(format!("commit {commit}")));
    };
    let mut before = after.clone();
    before.upto[0] = seq - 1;
    refuse_lost(store, &[before.clone(), after.clone()]).await?;
    Ok((Span { branch_id, after: seq - 1, upto: seq }, before, after))
}

async fn compare(
    store: &(impl Reads + ?Sized),
    spans: &[Span],
    bases: &[View],
    source: &View,
    target: &View,
    modes: &Modes,
) -> Result<Outcome> {
    // What is judged is one state, although the target may go on meanwhile.
    let target = &store.pin(target).await?;
    let keys = all_touched(store, spans).await?;
    let candidates = candidates(store, keys, bases, source, target).await?;
    let mut outcome = three_way(candidates.clone(), modes);
    let found = obstacles(store, &outcome, target).await?;
    let clash = |(key, reason): &(Key, Reason)| Some(candidates.iter().find(|c| c.key == *key)?.clash(*reason));
    outcome.clashes.extend(found.iter().filter_map(clash));
    outcome.clashes.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(outcome)
}

async fn all_touched(store: &(impl Reads + ?Sized), spans: &[Span]) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    let mut page = PaginationParams::first(PaginationParams::MAX);
    loop {
        let some = store.touched(spans, &page).await?;
        keys.extend(some.items);
        if keys.len() > MAX_KEYS {
            return Err(StoreError::Conflict(format!("more than {MAX_KEYS} keys have changed")));
        }
        let Some(next) = some.next else { return Ok(keys) };
        page = page.after(next);
    }
}

async fn candidates(
    store: &(impl Reads + ?Sized),
    keys: Vec<Key>,
    bases: &[View],
    source: &View,
    target: &View,
) -> Result<Vec<Candidate>> {
    let sources = store.look_all(source, &keys).await?;
    let targets = store.look_all(target, &keys).await?;
    let mut before = vec![Vec::with_capacity(bases.len()); keys.len()];
    for base in bases {
        for (of_key, entry) in before.iter_mut().zip(store.look_all(base, &keys).await?) {
            of_key.push(entry);
        }
    }
    let sides = sources.into_iter().zip(targets).zip(before);
    let one = |(key, ((source, target), bases))| Candidate { key, bases, source, target };
    Ok(keys.into_iter().zip(sides).map(one).collect())
}

/// What the commit's preconditions would refuse, told before anything is tried, and tables that would be there twice.
async fn obstacles(store: &(impl Reads + ?Sized), outcome: &Outcome, target: &View) -> Result<BTreeSet<(Key, Reason)>> {
    let put: HashSet<&Key> = outcome.operations.iter().filter(|o| is_put(o)).map(Operation::key).collect();
    let deleted: HashSet<&Key> = outcome.operations.iter().filter(|o| !is_put(o)).map(Operation::key).collect();
    let there = namespaces(store, outcome, target).await?;
    let mut found = BTreeSet::new();
    for precondition in &outcome.preconditions {
        match precondition {
            Precondition::Exists(ns) => {
                let Some(key) = ns.key() else { continue };
                let gone = deleted.contains(&key);
                if gone || !(put.contains(&key) || there.contains(&key)) {
                    let inside = put.iter().filter(|key| key.ns == *ns);
                    found.extend(inside.map(|key| ((*key).clone(), Reason::NoNamespace)));
                }
            }
            // Not of the merge's making: whoever commits it adds them.
            Precondition::Holds { .. } | Precondition::ShownAs { .. } => {}
            Precondition::Empty(ns) => {
                let Some(key) = ns.key() else { continue };
                if put.iter().any(|key| key.ns == *ns) || !empties(store, target, ns, &deleted).await? {
                    found.insert((key, Reason::NotEmpty));
                }
            }
        }
    }
    found.extend(doubles(store, outcome, target).await?.into_iter().map(|key| (key, Reason::Elsewhere)));
    Ok(found)
}

/// Of the namespaces that must be there, those that the target has; asked about at once, however many they are.
async fn namespaces(store: &(impl Reads + ?Sized), outcome: &Outcome, target: &View) -> Result<HashSet<Key>> {
    let asked = outcome.preconditions.iter().filter_map(|precondition| match precondition {
        Precondition::Exists(ns) => ns.key(),
        Precondition::Empty(_) | Precondition::Holds { .. } | Precondition::ShownAs { .. } => None,
    });
    let keys: Vec<Key> = asked.collect();
    let found = store.look_all(target, &keys).await?;
    Ok(keys.into_iter().zip(found).filter_map(|(key, entry)| entry.map(|_| key)).collect())
}

fn is_put(operation: &Operation) -> bool {
    matches!(operation, Operation::Put { .. })
}

/// True if the target's namespace holds nothing but what is deleted.
async fn empties(
    store: &(impl Reads + ?Sized),
    target: &View,
    ns: &NamespacePath,
    deleted: &HashSet<&Key>,
) -> Result<bool> {
    for kind in [Kind::Namespace, Kind::Table, Kind::View] {
        let mut page = PaginationParams::first(PaginationParams::MAX);
        loop {
            let children = store.list(target, ns, kind, &page).await?;
            let key = |name: &String| Key { ns: ns.clone(), class: kind.class(), name: name.clone() };
            if children.items.iter().any(|child| !deleted.contains(&key(&child.name))) {
                return Ok(false);
            }
            let Some(next) = children.next else { break };
            page = page.after(next);
        }
    }
    Ok(true)
}

/// The puts of tables and views that the target has under another key, and keeps there.
async fn doubles(store: &(impl Reads + ?Sized), outcome: &Outcome, target: &View) -> Result<Vec<Key>> {
    let mut puts = Vec::new();
    for operation in &outcome.operations {
        if let Operation::Put { key, content, .. } = operation
            && content.kind() != Kind::Namespace
        {
            puts.push((key, content.id()));
        }
    }
    let contents: Vec<Uuid> = puts.iter().map(|(_, id)| *id).collect();
    let changed: HashSet<&Key> = outcome.operations.iter().map(Operation::key).collect();
    let keys: Vec<Key> =
        store.keys_of(target, &contents).await?.into_iter().filter(|key| !changed.contains(key)).collect();
    let live = store.look_all(target, &keys).await?;
    let elsewhere: HashSet<Uuid> = live.into_iter().flatten().map(|entry| entry.content.id()).collect();
    Ok(puts.into_iter().filter(|(_, id)| elsewhere.contains(id)).map(|(key, _)| key.clone()).collect())
}
