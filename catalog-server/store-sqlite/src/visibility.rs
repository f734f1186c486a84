//! What can still be seen: the tables `branches` and `tags`, and the versions of a content in their ranges.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use catalog_store::{Range, Result, Seen, Shows, VisibilityStore, Window, ranges};
use jiff::{SignedDuration, Timestamp};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::refused;
use crate::refs::branches::{self, branch_columns};
use crate::row::{Fields, micros};

const BRANCHES: &str = concat!(
    "SELECT ",
    branch_columns!(),
    ", b.deleted_at IS NULL FROM branches b WHERE b.warehouse_id = ?1 ORDER BY b.id"
);
pub(crate) const TAGS: &str = "SELECT name, seq FROM tags WHERE branch_id = ?1 ORDER BY seq";
pub(crate) const HEAD: &str = "SELECT seq FROM commits WHERE branch_id = ?1 ORDER BY seq DESC LIMIT 1";
/// Backwards from the head: it costs what the window holds.
pub(crate) const OLD: &str =
    "SELECT seq FROM commits WHERE branch_id = ?1 AND committed_at <= ?2 ORDER BY seq DESC LIMIT 1";
/// The keys under which a content ever was.
pub(crate) const KEYS: &str = "SELECT DISTINCT branch_id, ns, class, name FROM versions WHERE content_id = ?1";
/// What a key was in the oldest state of a range …
pub(crate) const AT: &str = "
    SELECT content_id, metadata_location FROM versions
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name = ?4 AND seq <= ?5
    ORDER BY seq DESC LIMIT 1";
/// … and what it became in it.
pub(crate) const WITHIN: &str = "
    SELECT content_id, metadata_location FROM versions
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name = ?4 AND seq > ?5 AND seq <= ?6";

#[async_trait]
impl VisibilityStore for SqliteStore {
    #[tracing::instrument(name = "db.branches.shown", level = "debug", skip_all)]
    async fn shown(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<Vec<Range>> {
        shown(&mut *self.snapshot().await?, warehouse_id, window, now).await
    }

    #[tracing::instrument(name = "db.versions.seen", level = "debug", skip_all)]
    async fn seen(&self, content_id: Uuid, ranges: &[Range]) -> Result<Vec<Seen>> {
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        seen(&mut *self.snapshot().await?, content_id, ranges).await
    }
}

pub(crate) async fn shown(
    connection: &mut SqliteConnection,
    warehouse_id: i64,
    window: &Window,
    now: Timestamp,
) -> Result<Vec<Range>> {
    let rows = sqlx::query(BRANCHES).bind(warehouse_id).fetch_all(&mut *connection).await.map_err(refused)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut fields = Fields::new(row);
        let (branch, live) = (branches::read(&mut fields).map_err(refused)?, fields.take().map_err(refused)?);
        let id = branch.id;
        let tags = sqlx::query_as(TAGS).bind(id).fetch_all(&mut *connection).await.map_err(refused)?;
        let (head, old) = (head(connection, id, window).await?, old(connection, id, window, now).await?);
        all.push(Shows { branch, live, head, old, tags });
    }
    Ok(ranges(&all, window))
}

async fn head(connection: &mut SqliteConnection, branch: i64, window: &Window) -> Result<i64> {
    if window.commits == 0 {
        return Ok(0);
    }
    let head = sqlx::query_scalar(HEAD).bind(branch).fetch_optional(connection).await.map_err(refused)?;
    Ok(head.unwrap_or(0))
}

async fn old(connection: &mut SqliteConnection, branch: i64, window: &Window, now: Timestamp) -> Result<i64> {
    if window.age == Duration::ZERO {
        return Ok(i64::MAX);
    }
    let begins = SignedDuration::try_from(window.age).ok().and_then(|age| now.checked_sub(age).ok());
    let begins = micros(begins.unwrap_or(Timestamp::UNIX_EPOCH));
    let old = sqlx::query_scalar(OLD).bind(branch).bind(begins).fetch_optional(connection).await.map_err(refused)?;
    Ok(old.unwrap_or(0))
}

/// A key on one branch, as it is kept.
type Kept = (i64, String, i16, String);

pub(crate) async fn seen(connection: &mut SqliteConnection, content_id: Uuid, ranges: &[Range]) -> Result<Vec<Seen>> {
    let keys: Vec<Kept> = sqlx::query_as(KEYS).bind(content_id).fetch_all(&mut *connection).await.map_err(refused)?;
    let mut found = Vec::new();
    for range in ranges {
        let mut locations = HashSet::new();
        for key in keys.iter().filter(|key| key.0 == range.branch_id) {
            locations.extend(in_range(connection, content_id, key, range).await?);
        }
        let viewer = &range.viewer;
        found
            .extend(locations.into_iter().map(|location| Seen { viewer: viewer.clone(), metadata_location: location }));
    }
    Ok(found)
}

async fn in_range(
    connection: &mut SqliteConnection,
    content_id: Uuid,
    (branch, ns, class, name): &Kept,
    range: &Range,
) -> Result<Vec<String>> {
    let at = sqlx::query_as(AT).bind(branch).bind(ns).bind(class).bind(name).bind(range.low);
    let at: Option<(Option<Uuid>, Option<String>)> = at.fetch_optional(&mut *connection).await.map_err(refused)?;
    let within = sqlx::query_as(WITHIN).bind(branch).bind(ns).bind(class).bind(name).bind(range.low).bind(range.high);
    let within: Vec<(Option<Uuid>, Option<String>)> = within.fetch_all(connection).await.map_err(refused)?;
    let all = at.into_iter().chain(within);
    Ok(all.filter(|(id, _)| *id == Some(content_id)).filter_map(|(_, location)| location).collect())
}
