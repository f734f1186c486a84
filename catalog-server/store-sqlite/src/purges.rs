//! The table `purges`: contents whose files are to be deleted.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use catalog_store::{Ids, Purge, PurgeStore, Reach, Result, Window};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::error::refused;
use crate::row::{Fields, now};
use crate::visibility::{seen, shown};
use crate::{SqliteStore, finish};

pub(crate) const TAKE: &str = concat!(
    "UPDATE purges SET due_at = ",
    now!(),
    " + ?1, lease = ?2
      WHERE id = (SELECT id FROM purges WHERE due_at <= ",
    now!(),
    " ORDER BY due_at LIMIT 1)
      RETURNING id, warehouse_id, content_id, metadata_location, begun, lease"
);
const KEEP: &str = concat!("UPDATE purges SET due_at = ", now!(), " + ?3 WHERE id = ?1 AND lease = ?2");
const PUT_OFF: &str =
    concat!("UPDATE purges SET due_at = ", now!(), " + ?3, lease = NULL WHERE id = ?1 AND lease = ?2");
const BEGIN: &str = "UPDATE purges SET begun = 1 WHERE id = ?1 AND lease = ?2";
/// The row stays, begun and never due again: a merge that has read the tree before must not bring back what has no files.
const END: &str = "UPDATE purges SET due_at = 9223372036854775807, lease = NULL WHERE id = ?1 AND lease = ?2";
const FREE: &str = "DELETE FROM locations WHERE content_id = ?1";
const COUNT: &str = "SELECT count(*) FROM purges WHERE due_at < 9223372036854775807";
pub(crate) const HAS: &str =
    "SELECT EXISTS (SELECT 1 FROM purges WHERE content_id = ?1 AND due_at < 9223372036854775807)";
pub(crate) const HELD: &str = "SELECT location FROM locations WHERE content_id = ?1";
/// Of versions of the same moment on two branches the older branch has the older one.
const FIRST: &str = "
    SELECT v.metadata_location FROM versions v
    JOIN commits c ON c.branch_id = v.branch_id AND c.seq = v.seq
    WHERE v.content_id = ?1 AND v.metadata_location IS NOT NULL
    ORDER BY c.committed_at, v.branch_id, v.seq LIMIT 1";
/// SQLite takes the other columns from the row that has the maximum.
pub(crate) const LAST: &str = "
    SELECT metadata_location, max(seq) FROM versions
    WHERE content_id = ?1 AND metadata_location IS NOT NULL GROUP BY branch_id";
const METADATA_FILES: &str = "
    SELECT DISTINCT metadata_location FROM versions
    WHERE content_id = ?1 AND metadata_location > ?2
    ORDER BY metadata_location LIMIT ?3";

#[async_trait]
impl PurgeStore for SqliteStore {
    #[tracing::instrument(name = "db.purges.take", level = "debug", skip_all)]
    async fn take_purge(&self, lease: Duration) -> Result<Option<Purge>> {
        let mut change = self.change().await?;
        let row = sqlx::query(TAKE).bind(micros(lease)).bind(Ids.random()).fetch_optional(&mut *change).await;
        let purge = row.map_err(refused)?.map(|row| read(&row)).transpose().map_err(refused)?;
        finish(change).await?;
        Ok(purge)
    }

    #[tracing::instrument(name = "db.purges.keep", level = "debug", skip_all)]
    async fn keep_purge(&self, purge: &Purge, lease: Duration) -> Result<bool> {
        self.postpone(KEEP, purge, lease).await
    }

    #[tracing::instrument(name = "db.purges.begin", level = "debug", skip_all)]
    async fn begin_purge(&self, purge: &Purge, window: &Window, now: Timestamp) -> Result<bool> {
        // Nobody commits, forks or tags until this ends.
        let mut change = self.change().await?;
        if is_seen(&mut change, purge, window, now).await? {
            return Ok(false);
        }
        let begun = sqlx::query(BEGIN).bind(purge.id).bind(purge.lease).execute(&mut *change).await;
        let begun = begun.map_err(refused)?.rows_affected() == 1;
        finish(change).await?;
        Ok(begun)
    }

    #[tracing::instrument(name = "db.purges.put_off", level = "debug", skip_all)]
    async fn put_off_purge(&self, purge: &Purge, pause: Duration) -> Result<()> {
        self.postpone(PUT_OFF, purge, pause).await.map(drop)
    }

    #[tracing::instrument(name = "db.purges.end", level = "debug", skip_all)]
    async fn end_purge(&self, purge: &Purge) -> Result<bool> {
        let mut change = self.change().await?;
        let ended = sqlx::query(END).bind(purge.id).bind(purge.lease).execute(&mut *change).await;
        let ended = ended.map_err(refused)?.rows_affected() == 1;
        if ended {
            sqlx::query(FREE).bind(purge.content_id).execute(&mut *change).await.map_err(refused)?;
        }
        finish(change).await?;
        Ok(ended)
    }

    #[tracing::instrument(name = "db.purges.count", level = "debug", skip_all)]
    async fn count_purges(&self) -> Result<u64> {
        let count: i64 = sqlx::query_scalar(COUNT).fetch_one(&self.readers).await.map_err(refused)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    #[tracing::instrument(name = "db.purges.has", level = "debug", skip_all)]
    async fn has_purge(&self, content_id: Uuid) -> Result<bool> {
        sqlx::query_scalar(HAS).bind(content_id).fetch_one(&self.readers).await.map_err(refused)
    }

    #[tracing::instrument(name = "db.locations.held", level = "debug", skip_all)]
    async fn held_locations(&self, content_id: Uuid) -> Result<Vec<String>> {
        sqlx::query_scalar(HELD).bind(content_id).fetch_all(&self.readers).await.map_err(refused)
    }

    #[tracing::instrument(name = "db.locations.let_go", level = "debug", skip_all)]
    async fn let_go(&self, contents: &[Uuid]) -> Result<HashSet<Uuid>> {
        let mut snapshot = self.snapshot().await?;
        let mut found = HashSet::new();
        for content in contents {
            let held = sqlx::query(HELD).bind(content).fetch_optional(&mut *snapshot).await.map_err(refused)?;
            if held.is_none() {
                found.insert(*content);
            }
        }
        Ok(found)
    }

    #[tracing::instrument(name = "db.versions.reach", level = "debug", skip_all)]
    async fn reach(&self, content_id: Uuid) -> Result<Option<Reach>> {
        let mut snapshot = self.snapshot().await?;
        let first = sqlx::query_scalar(FIRST).bind(content_id).fetch_optional(&mut *snapshot).await.map_err(refused)?;
        let Some(first) = first else { return Ok(None) };
        let last: Vec<(String, i64)> =
            sqlx::query_as(LAST).bind(content_id).fetch_all(&mut *snapshot).await.map_err(refused)?;
        let mut last: Vec<String> = last.into_iter().map(|(location, _)| location).collect();
        last.sort_unstable();
        last.dedup();
        Ok(Some(Reach { first, last }))
    }

    #[tracing::instrument(name = "db.versions.metadata_files", level = "debug", skip_all)]
    async fn metadata_files(&self, content_id: Uuid, after: &str, limit: u32) -> Result<Vec<String>> {
        let files = sqlx::query_scalar(METADATA_FILES).bind(content_id).bind(after).bind(limit);
        files.fetch_all(&self.readers).await.map_err(refused)
    }
}

impl SqliteStore {
    /// True if the purge was still the caller's.
    async fn postpone(&self, statement: &'static str, purge: &Purge, by: Duration) -> Result<bool> {
        let mut change = self.change().await?;
        let done = sqlx::query(statement).bind(purge.id).bind(purge.lease).bind(micros(by)).execute(&mut *change).await;
        let kept = done.map_err(refused)?.rows_affected() == 1;
        finish(change).await?;
        Ok(kept)
    }
}

async fn is_seen(change: &mut SqliteConnection, purge: &Purge, window: &Window, now: Timestamp) -> Result<bool> {
    let ranges = shown(change, purge.warehouse_id, window, now).await?;
    Ok(!seen(change, purge.content_id, &ranges).await?.is_empty())
}

pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn read(row: &SqliteRow) -> Result<Purge, sqlx::Error> {
    let mut fields = Fields::new(row);
    Ok(Purge {
        id: fields.take()?,
        warehouse_id: fields.take()?,
        content_id: fields.take()?,
        metadata_location: fields.take()?,
        begun: fields.take()?,
        lease: fields.take()?,
    })
}
