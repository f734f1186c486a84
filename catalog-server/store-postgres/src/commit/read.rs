//! What a group asks about, read under the branch's lock.

use std::collections::{HashMap, HashSet};

use catalog_store::{Branch, Class, CommitRequest, Entry, Head, Key, NamespacePath, State, View};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::sql::{COMMIT_READ, RETURNING};
use crate::columns::Columns;
use crate::database::Statement;
use crate::error::Failure;
use crate::history::keys;
use crate::time::Time;
use crate::transaction::Transaction;
use crate::tree::{Children, read_version};

/// All of the state but the locations.
pub(super) async fn state(
    transaction: &mut Transaction,
    branch: &Branch,
    requests: &[CommitRequest],
) -> Result<State, Failure> {
    let keys = State::keys_of(requests);
    let rows = transaction.fetch_all(statement(branch, &keys)).await?;
    let mut state = State::default();
    let mut live = false;
    for row in &rows {
        live = read_row(row, branch.id, &keys, &mut state)?;
    }
    if !live {
        return Err(Failure::Data(format!("branch {} does not exist any more", branch.id)));
    }
    state.children = children(transaction, branch, requests).await?;
    Ok(state)
}

fn statement(branch: &Branch, keys: &[Key]) -> Statement {
    let View { lineage, upto } = View::head(branch);
    let ns: Vec<String> = keys.iter().map(|key| key.ns.encoded().to_owned()).collect();
    let class: Vec<i16> = keys.iter().map(|key| key.class.as_i16()).collect();
    let name: Vec<String> = keys.iter().map(|key| key.name.clone()).collect();
    sqlx::query(COMMIT_READ).bind(branch.id).bind(ns).bind(class).bind(name).bind(lineage).bind(upto)
}

/// Enters a row into the state; whether the branch lives.
fn read_row(row: &PgRow, branch: i64, keys: &[Key], state: &mut State) -> Result<bool, Failure> {
    let mut columns = Columns::new(row);
    let live = columns.take()?;
    state.head = columns.optional(3, read_head)?;
    state.fork = columns.optional(3, read_head)?;
    let index: Option<i64> = columns.take()?;
    let first_seq: Option<i64> = columns.take()?;
    // Without keys there is one row, with none.
    let Some(key) = index.and_then(|i| keys.get(usize::try_from(i).ok()?.checked_sub(1)?)) else { return Ok(live) };
    if let Some(first_seq) = first_seq {
        state.first_seq.insert(key.clone(), first_seq);
    }
    // The branch itself is the nearest level: if it has any version of the key, the newest of these is what was found.
    if let Some((version, content)) = columns.optional(6, read_version)? {
        if version.branch_id == branch {
            state.own_seq.insert(key.clone(), version.seq);
        }
        if let Some(content) = content {
            state.entries.insert(key.clone(), Entry { content, version });
        }
    }
    Ok(live)
}

fn read_head(columns: &mut Columns<'_>) -> Result<Head, Failure> {
    Ok(Head { seq: columns.take()?, id: columns.take()?, committed_at: columns.take::<Time>()?.0 })
}

/// The live children of each namespace that has to be empty.
async fn children(
    transaction: &mut Transaction,
    branch: &Branch,
    requests: &[CommitRequest],
) -> Result<HashMap<NamespacePath, HashSet<(Class, String)>>, Failure> {
    let view = View::head(branch);
    let enough = State::deletes_of(requests) + 1;
    let mut all = HashMap::new();
    for ns in State::empties_of(requests) {
        let children = Children { view: &view, ns: &ns }.read(transaction, enough).await?;
        all.insert(ns, children);
    }
    Ok(all)
}

/// Enters what is known of contents that come back. Most groups bring none.
pub(super) async fn returning(
    transaction: &mut Transaction,
    branch: &Branch,
    contents: &[Uuid],
    state: &mut State,
) -> Result<(), Failure> {
    if contents.is_empty() {
        return Ok(());
    }
    state.elsewhere = elsewhere(transaction, branch, contents).await?;
    for row in transaction.fetch_all(sqlx::query(RETURNING).bind(contents.to_vec())).await? {
        let mut columns = Columns::new(&row);
        let (content, begun, let_go): (Uuid, Option<bool>, bool) = (columns.take()?, columns.take()?, columns.take()?);
        match begun {
            Some(true) => state.purged.insert(content),
            Some(false) => state.to_be_purged.insert(content),
            None => false,
        };
        if let_go {
            state.let_go.insert(content);
        }
    }
    Ok(())
}

/// Those of the contents that the branch has, each with a key.
async fn elsewhere(
    transaction: &mut Transaction,
    branch: &Branch,
    contents: &[Uuid],
) -> Result<HashMap<Uuid, Key>, Failure> {
    let view = View::head(branch);
    let keys = keys::read_keys(&transaction.fetch_all(keys::keys_of(&view, contents)).await?)?;
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = transaction.fetch_all(keys::look_all(&view, &keys)).await?;
    let entries = keys::read_entries(&rows, keys.len())?;
    let live = keys.into_iter().zip(entries).filter_map(|(key, entry)| Some((entry?.content.id(), key)));
    Ok(live.filter(|(content, _)| contents.contains(content)).collect())
}
