//! History: `commits`, and what `versions` and `names` tell of the past.

pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod sql;

use std::collections::HashMap;

use async_trait::async_trait;
use catalog_store::{
    Branch, Commit, Dropped, Entry, HistoryStore, Key, LogFilter, Merged, NamespacePath, Page, PaginationParams,
    Result, Span, StoreError, Version, View,
};
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::database::Statement;
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};
use crate::tree::{read_commit, read_entry};

use keys::read_key;

/// Sorts after every name.
const LAST: &str = "\u{10ffff}";

#[async_trait]
impl HistoryStore for PostgresStore {
    #[instrument(name = "db.commits.get", level = "debug", skip_all, err(level = "debug"))]
    async fn get_commit(&self, warehouse_id: i64, id: Uuid) -> Result<Option<(Commit, View)>> {
        let row = self.requests.fetch_optional(sqlx::query(sql::GET_WITH_LINEAGE).bind(warehouse_id).bind(id)).await?;
        Ok(row.as_ref().map(read_with_view).transpose()?)
    }

    #[instrument(name = "db.commits.ancestry", level = "debug", skip_all, err(level = "debug"))]
    async fn get_commit_ancestry(
        &self,
        warehouse_id: i64,
        id: Uuid,
        page: &PaginationParams,
    ) -> Result<Option<Page<Commit>>> {
        let Some((_, view)) = self.get_commit(warehouse_id, id).await? else { return Ok(None) };
        log::page(&self.requests, &view, &LogFilter::default(), page).await.map(Some)
    }

    #[instrument(name = "db.commits.children", level = "debug", skip_all, err(level = "debug"))]
    async fn children(&self, warehouse_id: i64, id: Uuid, page: &PaginationParams) -> Result<Page<Commit>> {
        let cursor = after(page)?.map(Uuid::try_parse).transpose().map_err(|_| StoreError::BadCursor)?;
        let statement = sqlx::query(sql::CHILDREN)
            .bind(warehouse_id)
            .bind(id)
            .bind(cursor.unwrap_or_default())
            .bind(limit(page))
            .bind(offset(page));
        let rows = self.requests.fetch_all(statement).await?;
        let commits = rows.iter().map(|row| read_commit(&mut Columns::new(row))).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(commits, page, |last| last.id.to_string()))
    }

    #[instrument(name = "db.commits.pin", level = "debug", skip_all, err(level = "debug"))]
    async fn pin(&self, view: &View) -> Result<View> {
        let (branch, upto) = view.tip()?;
        if upto != i64::MAX {
            return Ok(view.clone());
        }
        let row = self.requests.fetch_optional(sqlx::query(sql::PIN).bind(branch)).await?;
        let head = row.as_ref().map(|row| Columns::new(row).take()).transpose()?;
        let mut view = view.clone();
        view.upto[0] = head.unwrap_or(0);
        Ok(view)
    }

    #[instrument(name = "db.versions.touched", level = "debug", skip_all, err(level = "debug"))]
    async fn touched(&self, spans: &[Span], page: &PaginationParams) -> Result<Page<Key>> {
        let (ns, class, name) = place(page)?;
        let statement = ranges(sql::TOUCHED, spans);
        let statement = statement.bind(ns).bind(class).bind(name).bind(limit(page)).bind(offset(page));
        let rows = self.requests.fetch_all(statement).await?;
        let keys = rows.iter().map(|row| read_key(&mut Columns::new(row))).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(keys, page, |last| last.cursor().0))
    }

    #[instrument(name = "db.versions.look_all", level = "debug", skip_all, err(level = "debug"))]
    async fn look_all(&self, view: &View, keys: &[Key]) -> Result<Vec<Option<Entry>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.requests.fetch_all(keys::look_all(view, keys)).await?;
        Ok(keys::read_entries(&rows, keys.len())?)
    }

    #[instrument(name = "db.commits.merged", level = "debug", skip_all, err(level = "debug"))]
    async fn merged(&self, spans: &[Span]) -> Result<Vec<Merged>> {
        let rows = self.requests.fetch_all(ranges(sql::MERGED, spans)).await?;
        Ok(rows.iter().map(read_merged).collect::<Result<_, _>>()?)
    }

    #[instrument(name = "db.commits.heads", level = "debug", skip_all, err(level = "debug"))]
    async fn heads(&self, branches: &[i64]) -> Result<Vec<Option<Uuid>>> {
        let rows = self.requests.fetch_all(sqlx::query(sql::HEADS).bind(branches.to_vec())).await?;
        Ok(by_number(&rows, branches.len())?)
    }

    #[instrument(name = "db.branches.names", level = "debug", skip_all, err(level = "debug"))]
    async fn branch_names(&self, branches: &[i64]) -> Result<HashMap<i64, String>> {
        let rows = self.requests.fetch_all(sqlx::query(sql::NAMES).bind(branches.to_vec())).await?;
        let name = |row| {
            let mut columns = Columns::new(row);
            Ok((columns.take()?, columns.take()?))
        };
        Ok(rows.iter().map(name).collect::<Result<_, Failure>>()?)
    }

    #[instrument(name = "db.commits.of_versions", level = "debug", skip_all, err(level = "debug"))]
    async fn commits_of(&self, versions: &[Version]) -> Result<Vec<Option<Uuid>>> {
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let statement = sqlx::query(sql::COMMITS_OF)
            .bind(versions.iter().map(|version| version.branch_id).collect::<Vec<_>>())
            .bind(versions.iter().map(|version| version.seq).collect::<Vec<_>>());
        let rows = self.requests.fetch_all(statement).await?;
        Ok(by_number(&rows, versions.len())?)
    }

    #[instrument(name = "db.versions.keys_of", level = "debug", skip_all, err(level = "debug"))]
    async fn keys_of(&self, view: &View, contents: &[Uuid]) -> Result<Vec<Key>> {
        Ok(keys::read_keys(&self.requests.fetch_all(keys::keys_of(view, contents)).await?)?)
    }

    #[instrument(name = "db.names.dropped", level = "debug", skip_all, err(level = "debug"))]
    async fn list_dropped(
        &self,
        branch: &Branch,
        ns: Option<&NamespacePath>,
        page: &PaginationParams,
    ) -> Result<Page<Dropped>> {
        let View { lineage, upto } = View::head(branch);
        let (after_ns, after_class, after_name) = place(page)?;
        let statement = sqlx::query(sql::DROPPED)
            .bind(branch.id)
            .bind(lineage)
            .bind(upto)
            .bind(ns.map_or("", NamespacePath::encoded).to_owned())
            .bind(ns.map_or(LAST, NamespacePath::encoded).to_owned())
            .bind(after_ns)
            .bind(after_class)
            .bind(after_name)
            .bind(limit(page))
            .bind(offset(page));
        let rows = self.requests.fetch_all(statement).await?;
        let dropped = rows.iter().map(read_dropped).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(dropped, page, |last| last.key.cursor().0))
    }
}

/// Ids in the order of the numbers, from 1, beside which they stand.
fn by_number(rows: &[PgRow], count: usize) -> Result<Vec<Option<Uuid>>, Failure> {
    let mut ids = vec![None; count];
    for row in rows {
        let mut columns = Columns::new(row);
        let number: i64 = columns.take()?;
        let place = usize::try_from(number - 1).ok().and_then(|index| ids.get_mut(index));
        *place.ok_or_else(|| Failure::Data(format!("a number {number}")))? = columns.take()?;
    }
    Ok(ids)
}

/// A statement whose first arguments are ranges of commits.
fn ranges(sql: &'static str, spans: &[Span]) -> Statement {
    sqlx::query(sql)
        .bind(spans.iter().map(|span| span.branch_id).collect::<Vec<_>>())
        .bind(spans.iter().map(|span| span.after).collect::<Vec<_>>())
        .bind(spans.iter().map(|span| span.upto).collect::<Vec<_>>())
}

/// After which key a page begins.
fn place(page: &PaginationParams) -> Result<(String, i16, String)> {
    match after(page)?.map(Key::from_cursor).transpose()? {
        None => Ok((String::new(), -1, String::new())),
        Some(Key { ns, class, name }) => Ok((ns.encoded().to_owned(), class.as_i16(), name)),
    }
}

fn read_with_view(row: &PgRow) -> Result<(Commit, View), Failure> {
    let mut columns = Columns::new(row);
    let commit = read_commit(&mut columns)?;
    let view = below(commit.branch_id, commit.seq, &mut columns)?;
    Ok((commit, view))
}

fn read_merged(row: &PgRow) -> Result<Merged, Failure> {
    let mut columns = Columns::new(row);
    let (into, seq) = (columns.take()?, columns.take()?);
    let (branch, upto) = (columns.take()?, columns.take()?);
    Ok(Merged { into, seq, view: below(branch, upto, &mut columns)? })
}

/// The view of a branch at a seq; reads its ancestors.
fn below(branch: i64, seq: i64, columns: &mut Columns<'_>) -> Result<View, Failure> {
    let (mut lineage, mut upto): (Vec<i64>, Vec<i64>) = (columns.take()?, columns.take()?);
    lineage.insert(0, branch);
    upto.insert(0, seq);
    Ok(View { lineage, upto })
}

fn read_dropped(row: &PgRow) -> Result<Dropped, Failure> {
    let mut columns = Columns::new(row);
    let key = read_key(&mut columns)?;
    let entry = read_entry(&mut columns)?;
    let entry = entry.ok_or_else(|| Failure::Data(format!("{key} was dropped twice")))?;
    Ok(Dropped { key, entry, commit: read_commit(&mut columns)? })
}
