//! All that a group's requests ask about, under the lock.

use std::collections::{HashMap, HashSet};

use catalog_store::{
    Branch, Class, CommitRequest, Cursor, Entry, Head, Key, Kind, LocationProbe, NamespacePath, PaginationParams,
    Result, State, Version, View, Viewer, Window,
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::refused;
use crate::history;
use crate::row::Fields;
use crate::tree;
use crate::tree::content::Found;
use crate::tree::list::next_names;
use crate::visibility;

pub(crate) const HEAD: &str = "
    SELECT seq, id, committed_at FROM commits
    WHERE branch_id = ?1 AND seq <= ?2
    ORDER BY seq DESC LIMIT 1";
pub(crate) const FIRST_SEQ: &str = "
    SELECT first_seq FROM names
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name = ?4";
pub(crate) const CHILDREN: &str = "
    SELECT name FROM names
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND kind <> 0
    LIMIT ?4";
/// Whether a content has a purge and that has begun; and whether it holds no location.
pub(crate) const RETURNING: &str = "
    SELECT (SELECT begun FROM purges WHERE content_id = ?1),
      NOT EXISTS (SELECT 1 FROM locations WHERE content_id = ?1)";
pub(crate) const HELD_BY: &str = "SELECT location FROM locations WHERE content_id = ?1";
/// A location that overlaps and that none of the given contents holds: at or above …
pub(crate) const HELD_ABOVE: &str = "
    SELECT location, content_id FROM locations
    WHERE location IN (SELECT value FROM json_each(?1))
      AND hex(content_id) NOT IN (SELECT value FROM json_each(?2))
    LIMIT 1";
/// … or below.
pub(crate) const HELD_BELOW: &str = "
    SELECT location, content_id FROM locations
    WHERE location > ?1 AND location < ?2
      AND hex(content_id) NOT IN (SELECT value FROM json_each(?3))
    LIMIT 1";

pub(super) async fn state(change: &mut SqliteConnection, branch: &Branch, requests: &[CommitRequest]) -> Result<State> {
    let mut state = State { head: head(change, branch.id, i64::MAX).await?, ..State::default() };
    if state.head.is_none() {
        state.fork = fork(change, branch).await?;
    }
    for key in State::keys_of(requests) {
        read_key(change, branch, key, &mut state).await?;
    }
    let enough = State::deletes_of(requests) + 1;
    for ns in State::empties_of(requests) {
        let children = children(change, branch, &ns, enough).await?;
        state.children.insert(ns, children);
    }
    for content in state.returning(requests) {
        returning(change, branch, content, &mut state).await?;
    }
    let locations = State::locations_of(requests);
    if !locations.is_empty() {
        let touched = state.touched(requests);
        state.held = held(change, &locations, &touched).await?;
    }
    Ok(state)
}

async fn returning(change: &mut SqliteConnection, branch: &Branch, content: Uuid, state: &mut State) -> Result<()> {
    let view = View::head(branch);
    for key in history::keys_of(change, &view, &[content]).await? {
        let entry = tree::look(change, &view.lineage, &view.upto, &key).await?;
        if entry.is_some_and(|entry| entry.content.id() == content) {
            state.elsewhere.insert(content, key);
        }
    }
    let found = sqlx::query_as(RETURNING).bind(content).fetch_one(change).await.map_err(refused)?;
    let (begun, let_go): (Option<bool>, bool) = found;
    match begun {
        Some(true) => state.purged.insert(content),
        Some(false) => state.to_be_purged.insert(content),
        None => false,
    };
    if let_go {
        state.let_go.insert(content);
    }
    Ok(())
}

async fn head(change: &mut SqliteConnection, branch_id: i64, upto: i64) -> Result<Option<Head>> {
    let row = sqlx::query(HEAD).bind(branch_id).bind(upto).fetch_optional(change).await.map_err(refused)?;
    row.map(|row| {
        let mut fields = Fields::new(&row);
        Ok(Head { seq: fields.take()?, id: fields.take()?, committed_at: fields.time()? })
    })
    .transpose()
    .map_err(refused)
}

async fn fork(change: &mut SqliteConnection, branch: &Branch) -> Result<Option<Head>> {
    for (ancestor, upto) in branch.lineage.iter().zip(&branch.upto) {
        if let Some(head) = head(change, *ancestor, *upto).await? {
            return Ok(Some(head));
        }
    }
    Ok(None)
}

async fn read_key(change: &mut SqliteConnection, branch: &Branch, key: Key, state: &mut State) -> Result<()> {
    let first_seq = sqlx::query_scalar(FIRST_SEQ)
        .bind(branch.id)
        .bind(key.ns.encoded())
        .bind(key.class.as_i16())
        .bind(&key.name)
        .fetch_optional(&mut *change)
        .await
        .map_err(refused)?;
    if let Some(first_seq) = first_seq {
        state.first_seq.insert(key.clone(), first_seq);
    }
    let entry = match tree::probe(change, branch.id, i64::MAX, &key).await? {
        Some(Found { seq, content }) => {
            state.own_seq.insert(key.clone(), seq);
            let version = Version { branch_id: branch.id, seq };
            content.map(|content| Entry { content, version })
        }
        None => tree::look(change, &branch.lineage, &branch.upto, &key).await?,
    };
    if let Some(entry) = entry {
        state.entries.insert(key, entry);
    }
    Ok(())
}

async fn children(
    change: &mut SqliteConnection,
    branch: &Branch,
    ns: &NamespacePath,
    enough: usize,
) -> Result<HashSet<(Class, String)>> {
    let mut children = HashSet::new();
    if branch.lineage.is_empty() {
        for class in [Class::Namespace, Class::Relation] {
            children.extend(own_children(change, branch.id, ns, class, enough).await?);
        }
        return Ok(children);
    }
    for kind in [Kind::Namespace, Kind::Table, Kind::View] {
        let names = inherited_children(change, branch, ns, kind, enough).await?;
        children.extend(names.into_iter().map(|name| (kind.class(), name)));
    }
    Ok(children)
}

async fn own_children(
    change: &mut SqliteConnection,
    branch_id: i64,
    ns: &NamespacePath,
    class: Class,
    enough: usize,
) -> Result<Vec<(Class, String)>> {
    let names: Vec<String> = sqlx::query_scalar(CHILDREN)
        .bind(branch_id)
        .bind(ns.encoded())
        .bind(class.as_i16())
        .bind(i64::try_from(enough).unwrap_or(i64::MAX))
        .fetch_all(change)
        .await
        .map_err(refused)?;
    Ok(names.into_iter().map(|name| (class, name)).collect())
}

async fn inherited_children(
    change: &mut SqliteConnection,
    branch: &Branch,
    ns: &NamespacePath,
    kind: Kind,
    enough: usize,
) -> Result<Vec<String>> {
    let view = View::head(branch);
    let mut names = Vec::new();
    let mut after = String::new();
    while names.len() < enough {
        // Tombstones fill pages, too.
        let limit = enough.max(PaginationParams::MAX as usize);
        let page = next_names(change, &view, ns, kind, &after, limit).await?;
        names.extend(page.items.into_iter().map(|listed| listed.name));
        match page.next {
            Some(Cursor(next)) => after = next,
            None => break,
        }
    }
    Ok(names)
}

/// Which of these contents another branch shows, or a tag, and by which metadata files.
pub(super) async fn shown(
    change: &mut SqliteConnection,
    warehouse_id: i64,
    branch: &Branch,
    watched: &[Uuid],
    now: Timestamp,
) -> Result<HashMap<Uuid, HashSet<String>>> {
    let mut found = HashMap::new();
    if watched.is_empty() {
        return Ok(found);
    }
    let mut ranges = visibility::shown(change, warehouse_id, &Window::default(), now).await?;
    ranges.retain(|range| !matches!(range.viewer, Viewer::Branch { id, .. } if id == branch.id));
    for content in watched {
        let seen = visibility::seen(change, *content, &ranges).await?;
        if !seen.is_empty() {
            found.insert(*content, seen.into_iter().map(|seen| seen.metadata_location).collect());
        }
    }
    Ok(found)
}

async fn held(change: &mut SqliteConnection, locations: &[String], touched: &[Uuid]) -> Result<Vec<(String, Uuid)>> {
    let mut held = Vec::new();
    for content in touched {
        let own: Vec<String> =
            sqlx::query_scalar(HELD_BY).bind(content).fetch_all(&mut *change).await.map_err(refused)?;
        held.extend(own.into_iter().map(|location| (location, *content)));
    }
    // json_each has no bytes: contents are compared as `hex` writes them.
    let touched: Vec<String> = touched.iter().map(|id| format!("{:X}", id.simple())).collect();
    for location in locations {
        let LocationProbe { at_or_above, below_after, below_before } = LocationProbe::new(location);
        let above = sqlx::query_as(HELD_ABOVE)
            .bind(Json(&at_or_above))
            .bind(Json(&touched))
            .fetch_optional(&mut *change)
            .await
            .map_err(refused)?;
        let below = sqlx::query_as(HELD_BELOW)
            .bind(below_after)
            .bind(below_before)
            .bind(Json(&touched))
            .fetch_optional(&mut *change)
            .await
            .map_err(refused)?;
        held.extend(above.into_iter().chain(below));
    }
    Ok(held)
}
