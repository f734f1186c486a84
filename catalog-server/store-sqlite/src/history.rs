//! History: `commits`, and what `versions` and `names` tell of the past.

pub(crate) mod commits;
pub(crate) mod log;

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use catalog_store::{
    Branch, Commit, Cursor, Dropped, HistoryStore, Key, LogFilter, Merged, NamespacePath, Page, PaginationParams,
    Result, Span, StoreError, Version, View,
};
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::{damaged, refused};
use crate::refs::newest;
use crate::row::{Fields, Slice};
use crate::tree;
use commits::commit_columns;

pub(crate) const GET: &str = concat!(
    "SELECT ",
    commit_columns!(),
    ", b.lineage, b.upto FROM commits c JOIN branches b ON b.id = c.branch_id AND b.warehouse_id = ?1 WHERE c.id = ?2"
);
pub(crate) const CHILDREN: &str = concat!(
    "SELECT ",
    commit_columns!(),
    " FROM commits c JOIN branches b ON b.id = c.branch_id AND b.warehouse_id = ?1 WHERE c.parent_id = ?2"
);
pub(crate) const PIN: &str = "SELECT seq FROM commits WHERE branch_id = ?1 ORDER BY seq DESC LIMIT 1";
/// Both ends of the range are bound: with the lower one alone the whole key of the branch would be walked.
pub(crate) const TOUCHED: &str = "
    SELECT ns, class, name FROM versions INDEXED BY versions_log WHERE branch_id = ?1 AND seq > ?2 AND seq <= ?3";
/// By the index of merges, which SQLite would not choose: the key finds all commits of the branch, most of them no merges.
pub(crate) const MERGED: &str = "
    SELECT c.branch_id, c.seq, c.merge_branch, c.merge_seq, coalesce(b.lineage, '[]'), coalesce(b.upto, '[]')
    FROM commits c INDEXED BY commits_merges
    LEFT JOIN branches b ON b.id = c.merge_branch
    WHERE c.branch_id = ?1 AND c.merge_branch IS NOT NULL AND c.seq > ?2 AND c.seq <= ?3";
pub(crate) const LEVELS: &str = "SELECT lineage, upto FROM branches WHERE id = ?1";
pub(crate) const NAME: &str = "SELECT name FROM branches WHERE id = ?1";
pub(crate) const COMMIT_OF: &str = "SELECT id FROM commits WHERE branch_id = ?1 AND seq = ?2";
pub(crate) const KEYS_OF: &str = "
    SELECT ns, class, name FROM versions
    WHERE content_id = ?1 AND branch_id IN (SELECT value FROM json_each(?2))";
/// By the index of what was dropped, for the same reason: most names of a branch are live.
pub(crate) const DROPPED: &str = concat!(
    "SELECT n.ns, n.class, n.name, ",
    commit_columns!(),
    " FROM names n INDEXED BY names_dropped CROSS JOIN commits c ON c.branch_id = n.branch_id AND c.seq = n.seq
      WHERE n.branch_id = ?1 AND n.kind = 0 AND n.seq > (SELECT b.floor_seq FROM branches b WHERE b.id = ?1)
        AND n.ns >= ?2 AND n.ns <= ?3 AND (n.ns, n.class, n.name) > (?4, ?5, ?6)
      ORDER BY n.ns, n.class, n.name LIMIT ?7 OFFSET ?8"
);

/// Sorts after every name.
const LAST: &str = "\u{10ffff}";

#[async_trait]
impl HistoryStore for SqliteStore {
    #[tracing::instrument(name = "db.commits.get", level = "debug", skip_all)]
    async fn get_commit(&self, warehouse_id: i64, id: Uuid) -> Result<Option<(Commit, View)>> {
        get_commit(&self.readers, warehouse_id, id).await
    }

    #[tracing::instrument(name = "db.commits.ancestry", level = "debug", skip_all)]
    async fn get_commit_ancestry(
        &self,
        warehouse_id: i64,
        id: Uuid,
        page: &PaginationParams,
    ) -> Result<Option<Page<Commit>>> {
        let mut snapshot = self.snapshot().await?;
        let Some((_, view)) = get_commit(&mut *snapshot, warehouse_id, id).await? else { return Ok(None) };
        log::log(&mut snapshot, &view, &LogFilter::default(), page).await.map(Some)
    }

    #[tracing::instrument(name = "db.commits.children", level = "debug", skip_all)]
    async fn children(&self, warehouse_id: i64, id: Uuid, page: &PaginationParams) -> Result<Page<Commit>> {
        let slice = Slice::new(page);
        let after = slice.after.map(Uuid::try_parse).transpose().map_err(|_| StoreError::BadCursor)?;
        let rows = sqlx::query(CHILDREN).bind(warehouse_id).bind(id).fetch_all(&self.readers).await.map_err(refused)?;
        let read = |row| commits::read(&mut Fields::new(row));
        let mut all: Vec<Commit> = rows.iter().map(read).collect::<Result<_, _>>().map_err(refused)?;
        // A commit has a child for each branch that was forked at it.
        all.sort_by_key(|commit| commit.id);
        let skip = usize::try_from(slice.skip).unwrap_or(usize::MAX);
        let rest = all.into_iter().filter(|commit| after.is_none_or(|after| commit.id > after)).skip(skip).collect();
        Ok(Page::cut(rest, slice.limit, |last: &Commit| Cursor(last.id.to_string())))
    }

    #[tracing::instrument(name = "db.commits.pin", level = "debug", skip_all)]
    async fn pin(&self, view: &View) -> Result<View> {
        let (branch, upto) = view.tip()?;
        let mut view = view.clone();
        if upto == i64::MAX {
            let head = sqlx::query_scalar(PIN).bind(branch).fetch_optional(&self.readers).await.map_err(refused)?;
            view.upto[0] = head.unwrap_or(0);
        }
        Ok(view)
    }

    #[tracing::instrument(name = "db.versions.touched", level = "debug", skip_all)]
    async fn touched(&self, spans: &[Span], page: &PaginationParams) -> Result<Page<Key>> {
        let slice = Slice::new(page);
        let after = slice.after.map(Key::from_cursor).transpose()?;
        let mut snapshot = self.snapshot().await?;
        let mut keys = BTreeSet::new();
        for Span { branch_id, after, upto } in spans {
            let query = sqlx::query(TOUCHED).bind(branch_id).bind(after).bind(upto);
            for row in query.fetch_all(&mut *snapshot).await.map_err(refused)? {
                keys.insert(read_key(&mut Fields::new(&row))?);
            }
        }
        let skip = usize::try_from(slice.skip).unwrap_or(usize::MAX);
        let rest = keys.into_iter().filter(|key| after.as_ref().is_none_or(|after| key > after)).skip(skip);
        Ok(Page::cut(rest.take(slice.limit + 1).collect(), slice.limit, Key::cursor))
    }

    #[tracing::instrument(name = "db.versions.look_all", level = "debug", skip_all)]
    async fn look_all(&self, view: &View, keys: &[Key]) -> Result<Vec<Option<catalog_store::Entry>>> {
        let mut snapshot = self.snapshot().await?;
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            entries.push(tree::look(&mut snapshot, &view.lineage, &view.upto, key).await?);
        }
        Ok(entries)
    }

    #[tracing::instrument(name = "db.commits.merged", level = "debug", skip_all)]
    async fn merged(&self, spans: &[Span]) -> Result<Vec<Merged>> {
        let mut snapshot = self.snapshot().await?;
        let mut merges = Vec::new();
        for Span { branch_id, after, upto } in spans {
            let query = sqlx::query(MERGED).bind(branch_id).bind(after).bind(upto);
            for row in query.fetch_all(&mut *snapshot).await.map_err(refused)? {
                merges.push(read_merged(&row).map_err(refused)?);
            }
        }
        Ok(merges)
    }

    #[tracing::instrument(name = "db.commits.heads", level = "debug", skip_all)]
    async fn heads(&self, branches: &[i64]) -> Result<Vec<Option<Uuid>>> {
        let mut snapshot = self.snapshot().await?;
        let mut heads = Vec::with_capacity(branches.len());
        for branch in branches {
            heads.push(head(&mut snapshot, *branch).await?);
        }
        Ok(heads)
    }

    #[tracing::instrument(name = "db.branches.names", level = "debug", skip_all)]
    async fn branch_names(&self, branches: &[i64]) -> Result<HashMap<i64, String>> {
        let mut snapshot = self.snapshot().await?;
        let mut names = HashMap::new();
        for branch in branches {
            let name = sqlx::query_scalar(NAME).bind(branch).fetch_optional(&mut *snapshot).await.map_err(refused)?;
            names.extend(name.map(|name: String| (*branch, name)));
        }
        Ok(names)
    }

    #[tracing::instrument(name = "db.commits.of_versions", level = "debug", skip_all)]
    async fn commits_of(&self, versions: &[Version]) -> Result<Vec<Option<Uuid>>> {
        let mut snapshot = self.snapshot().await?;
        let mut ids = Vec::with_capacity(versions.len());
        for Version { branch_id, seq } in versions {
            let id = sqlx::query_scalar(COMMIT_OF).bind(branch_id).bind(seq);
            ids.push(id.fetch_optional(&mut *snapshot).await.map_err(refused)?);
        }
        Ok(ids)
    }

    #[tracing::instrument(name = "db.versions.keys_of", level = "debug", skip_all)]
    async fn keys_of(&self, view: &View, contents: &[Uuid]) -> Result<Vec<Key>> {
        Ok(keys_of(&mut *self.snapshot().await?, view, contents).await?.into_iter().collect())
    }

    #[tracing::instrument(name = "db.names.dropped", level = "debug", skip_all)]
    async fn list_dropped(
        &self,
        branch: &Branch,
        ns: Option<&NamespacePath>,
        page: &PaginationParams,
    ) -> Result<Page<Dropped>> {
        let slice = Slice::new(page);
        let after = slice.after.map(Key::from_cursor).transpose()?;
        let mut snapshot = self.snapshot().await?;
        let rows = sqlx::query(DROPPED)
            .bind(branch.id)
            .bind(ns.map_or("", NamespacePath::encoded))
            .bind(ns.map_or(LAST, NamespacePath::encoded))
            .bind(after.as_ref().map_or("", |key| key.ns.encoded()))
            .bind(after.as_ref().map_or(-1, |key| key.class.as_i16()))
            .bind(after.as_ref().map_or("", |key| key.name.as_str()))
            .bind(slice.fetch)
            .bind(slice.skip)
            .fetch_all(&mut *snapshot)
            .await
            .map_err(refused)?;
        let mut dropped = Vec::with_capacity(rows.len());
        for row in &rows {
            dropped.push(read_dropped(&mut snapshot, branch, row).await?);
        }
        Ok(Page::cut(dropped, slice.limit, |last: &Dropped| last.key.cursor()))
    }
}

async fn get_commit(executor: impl SqliteExecutor<'_>, warehouse_id: i64, id: Uuid) -> Result<Option<(Commit, View)>> {
    let row = sqlx::query(GET).bind(warehouse_id).bind(id).fetch_optional(executor).await.map_err(refused)?;
    row.map(|row| {
        let mut fields = Fields::new(&row);
        let commit = commits::read(&mut fields)?;
        let view = below(commit.branch_id, commit.seq, &mut fields)?;
        Ok((commit, view))
    })
    .transpose()
    .map_err(refused)
}

/// The newest commit that a branch shows.
/// The keys under which the view's branches have ever had one of the contents.
pub(crate) async fn keys_of(
    connection: &mut SqliteConnection,
    view: &View,
    contents: &[Uuid],
) -> Result<BTreeSet<Key>> {
    let mut keys = BTreeSet::new();
    for content in contents {
        let query = sqlx::query(KEYS_OF).bind(content).bind(Json(&view.lineage));
        for row in query.fetch_all(&mut *connection).await.map_err(refused)? {
            keys.insert(read_key(&mut Fields::new(&row))?);
        }
    }
    Ok(keys)
}

async fn head(snapshot: &mut SqliteConnection, branch: i64) -> Result<Option<Uuid>> {
    let row = sqlx::query(LEVELS).bind(branch).fetch_optional(&mut *snapshot).await.map_err(refused)?;
    let Some(row) = row else { return Ok(None) };
    newest(snapshot, &below(branch, i64::MAX, &mut Fields::new(&row)).map_err(refused)?).await
}

fn read_merged(row: &SqliteRow) -> Result<Merged, sqlx::Error> {
    let mut fields = Fields::new(row);
    let (into, seq) = (fields.take()?, fields.take()?);
    let (branch, upto) = (fields.take()?, fields.take()?);
    Ok(Merged { into, seq, view: below(branch, upto, &mut fields)? })
}

/// The view of a branch at a seq; reads its ancestors.
fn below(branch_id: i64, seq: i64, fields: &mut Fields<'_>) -> Result<View, sqlx::Error> {
    let (mut lineage, mut upto): (Vec<i64>, Vec<i64>) = (fields.take::<Json<_>>()?.0, fields.take::<Json<_>>()?.0);
    lineage.insert(0, branch_id);
    upto.insert(0, seq);
    Ok(View { lineage, upto })
}

fn read_key(fields: &mut Fields<'_>) -> Result<Key> {
    let mut columns = || Ok((fields.take()?, fields.take()?, fields.take()?));
    let (ns, class, name) = columns().map_err(refused)?;
    Key::from_columns(ns, class, name).ok_or_else(|| damaged(format!("a key of class {class}")))
}

/// A tombstone that is the last word on its key, with what was there before it.
async fn read_dropped(snapshot: &mut SqliteConnection, branch: &Branch, row: &SqliteRow) -> Result<Dropped> {
    let mut fields = Fields::new(row);
    let key = read_key(&mut fields)?;
    let commit = commits::read(&mut fields).map_err(refused)?;
    let before = View::at(branch, commit.seq - 1);
    let entry = tree::look(snapshot, &before.lineage, &before.upto, &key).await?;
    let entry = entry.ok_or_else(|| damaged(format!("{key} was dropped twice")))?;
    Ok(Dropped { key, entry, commit })
}
