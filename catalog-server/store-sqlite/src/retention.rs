//! The table `retention`, and the rows of `versions`, `names` and `locations` that nothing shows any more.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use catalog_store::retention::Swept;
use catalog_store::{
    Floor, Forgotten, Ids, Result, RetentionStore, Sights, Stretch, Sweep, Window, covers, own_begins,
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::refused;
use crate::purges::{HAS, micros};
use crate::row::{Fields, now};
use crate::visibility::shown;
use crate::{SqliteStore, finish};

const LATE: &str = concat!("SELECT max(", now!(), " - due_at, 0) FROM retention WHERE warehouse_id = ?1");
/// Makes the row if there is none, and takes it if it is due.
const TAKE: &str = concat!(
    "INSERT INTO retention (warehouse_id, due_at, lease) VALUES (?1, ",
    now!(),
    " + ?2, ?3)
      ON CONFLICT (warehouse_id) DO UPDATE SET due_at = excluded.due_at, lease = excluded.lease
      WHERE retention.due_at <= ",
    now!(),
    " RETURNING shown, swept"
);
const KEEP: &str = concat!("UPDATE retention SET due_at = ", now!(), " + ?3 WHERE warehouse_id = ?1 AND lease = ?2");
const END: &str = concat!(
    "UPDATE retention
      SET due_at = ",
    now!(),
    " + ?3, lease = NULL, shown = coalesce(?4, shown), swept = coalesce(?5, swept)
      WHERE warehouse_id = ?1 AND lease = ?2"
);
const RAISE: &str = "UPDATE branches SET floor_seq = ?2 WHERE id = ?1 AND floor_seq < ?2";
const RAISE_DELETED: &str = "
    UPDATE branches SET floor_seq = 9223372036854775807
    WHERE warehouse_id = ?1 AND deleted_at IS NOT NULL AND floor_seq < 9223372036854775807
    RETURNING id";
pub(crate) const FLOOR: &str = "SELECT warehouse_id, floor_seq FROM branches WHERE id = ?1";
const ALL_BRANCHES: &str = "SELECT id FROM branches WHERE warehouse_id = ?1";
const HELD: &str = "
    SELECT v.branch_id, min(v.seq) FROM purges p CROSS JOIN versions v ON v.content_id = p.content_id
    WHERE p.warehouse_id = ?1 AND p.due_at < 9223372036854775807 GROUP BY v.branch_id";
/// Where the next batch ends: with whole commits.
pub(crate) const NEXT: &str = "
    SELECT max(seq) FROM (
      SELECT seq FROM versions INDEXED BY versions_log
      WHERE branch_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4)";
pub(crate) const STRETCH: &str = "
    SELECT ns, class, name, seq, kind, content_id FROM versions INDEXED BY versions_log
    WHERE branch_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq";
/// What was there before a version.
pub(crate) const BEFORE: &str = "
    SELECT seq, content_id FROM versions
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name = ?4 AND seq < ?5 ORDER BY seq DESC LIMIT 1";
pub(crate) const DELETE: &str = "
    DELETE FROM versions WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name = ?4 AND seq = ?5";
/// Unless the key has come back.
pub(crate) const DELETE_NAME: &str = "
    DELETE FROM names
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name = ?4 AND kind = 0 AND seq = ?5";
const IS_ROOT: &str = "SELECT lineage = '[]' FROM branches WHERE id = ?1";
const IS_DELETED: &str = "SELECT deleted_at IS NOT NULL FROM branches WHERE id = ?1";
const DELETE_NAMES: &str = "DELETE FROM names WHERE branch_id = ?1 AND first_seq > ?2";
pub(crate) const LET_GO: &str = "
    DELETE FROM locations
    WHERE content_id = ?1 AND NOT EXISTS (SELECT 1 FROM versions WHERE content_id = ?1)
      AND NOT EXISTS (SELECT 1 FROM purges WHERE content_id = ?1 AND due_at < 9223372036854775807)";

/// A row of [`STRETCH`].
struct Version {
    ns: String,
    class: i16,
    name: String,
    seq: i64,
    kind: i16,
    content_id: Option<Uuid>,
}

#[async_trait]
impl RetentionStore for SqliteStore {
    #[tracing::instrument(name = "db.retention.take", level = "debug", skip_all)]
    async fn take_sweep(&self, warehouse_id: i64, lease: Duration) -> Result<Option<Sweep>> {
        let mut change = self.change().await?;
        let late: Option<i64> =
            sqlx::query_scalar(LATE).bind(warehouse_id).fetch_optional(&mut *change).await.map_err(refused)?;
        let id = Ids.random();
        let take = sqlx::query_as(TAKE).bind(warehouse_id).bind(micros(lease)).bind(id);
        let taken: Option<(Option<Json<Sights>>, Option<Json<Sights>>)> =
            take.fetch_optional(&mut *change).await.map_err(refused)?;
        finish(change).await?;
        let late = Duration::from_micros(late.unwrap_or(0).unsigned_abs());
        Ok(taken.map(|(shown, swept)| Sweep {
            warehouse_id,
            lease: id,
            late,
            shown: shown.map(|json| json.0),
            swept: swept.map(|json| json.0),
        }))
    }

    #[tracing::instrument(name = "db.retention.keep", level = "debug", skip_all)]
    async fn keep_sweep(&self, sweep: &Sweep, lease: Duration) -> Result<bool> {
        let mut change = self.change().await?;
        let keep = sqlx::query(KEEP).bind(sweep.warehouse_id).bind(sweep.lease).bind(micros(lease));
        let kept = keep.execute(&mut *change).await.map_err(refused)?.rows_affected() == 1;
        finish(change).await?;
        Ok(kept)
    }

    #[tracing::instrument(name = "db.retention.end", level = "debug", skip_all)]
    async fn end_sweep(&self, sweep: &Sweep, done: Option<&Swept>, pause: Duration) -> Result<bool> {
        let mut change = self.change().await?;
        let end = sqlx::query(END)
            .bind(sweep.warehouse_id)
            .bind(sweep.lease)
            .bind(micros(pause))
            .bind(done.map(|done| Json(&done.shown)))
            .bind(done.map(|done| Json(&done.swept)));
        let ended = end.execute(&mut *change).await.map_err(refused)?.rows_affected() == 1;
        finish(change).await?;
        Ok(ended)
    }

    #[tracing::instrument(name = "db.branches.raise", level = "debug", skip_all)]
    async fn raise_floors(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<(Sights, Vec<i64>)> {
        // Nobody commits, forks or tags until this ends.
        let mut change = self.change().await?;
        let ranges = shown(&mut change, warehouse_id, window, now).await?;
        for (id, floor) in own_begins(&ranges) {
            sqlx::query(RAISE).bind(id).bind(floor).execute(&mut *change).await.map_err(refused)?;
        }
        let raise = sqlx::query_scalar(RAISE_DELETED).bind(warehouse_id);
        let deleted = raise.fetch_all(&mut *change).await.map_err(refused)?;
        finish(change).await?;
        Ok((Sights::from(ranges.as_slice()), deleted))
    }

    #[tracing::instrument(name = "db.branches.floors", level = "debug", skip_all)]
    async fn floors(&self, branches: &[i64]) -> Result<Vec<Floor>> {
        let mut snapshot = self.snapshot().await?;
        let mut floors = Vec::with_capacity(branches.len());
        for branch_id in branches {
            let found: Option<(i64, i64)> =
                sqlx::query_as(FLOOR).bind(branch_id).fetch_optional(&mut *snapshot).await.map_err(refused)?;
            floors.extend(found.map(|(warehouse_id, seq)| Floor { branch_id: *branch_id, warehouse_id, seq }));
        }
        Ok(floors)
    }

    #[tracing::instrument(name = "db.branches.all", level = "debug", skip_all)]
    async fn all_branches(&self, warehouse_id: i64) -> Result<Vec<i64>> {
        sqlx::query_scalar(ALL_BRANCHES).bind(warehouse_id).fetch_all(&self.readers).await.map_err(refused)
    }

    #[tracing::instrument(name = "db.versions.held", level = "debug", skip_all)]
    async fn held_versions(&self, warehouse_id: i64) -> Result<Vec<(i64, i64)>> {
        sqlx::query_as(HELD).bind(warehouse_id).fetch_all(&self.readers).await.map_err(refused)
    }

    #[tracing::instrument(name = "db.versions.forget", level = "debug", skip_all)]
    async fn forget(&self, stretch: &Stretch<'_>, limit: u32) -> Result<Forgotten> {
        let mut change = self.change().await?;
        let Some((upto, versions)) = batch(&mut change, stretch, limit).await? else {
            return Ok(Forgotten::default());
        };
        let (mut forgotten, mut contents) = (Forgotten { upto: Some(upto), ..Forgotten::default() }, BTreeSet::new());
        for version in &versions {
            let (branch, spared) = (stretch.branch_id, stretch.spared);
            if let Some((seq, content)) = before(&mut change, branch, version).await?
                && !covers(spared, seq, version.seq)
                && !is_to_be_purged(&mut change, content).await?
            {
                forgotten.versions += delete(&mut change, DELETE, branch, version, seq).await?;
                contents.extend(content);
            }
        }
        if flag(&mut change, IS_ROOT, stretch.branch_id).await? {
            // That a key was dropped says nothing where there is nothing before it and no ancestor.
            for dropped in versions.iter().filter(|version| version.kind == 0) {
                let (branch, seq) = (stretch.branch_id, dropped.seq);
                if before(&mut change, branch, dropped).await?.is_none() {
                    forgotten.versions += delete(&mut change, DELETE, branch, dropped, seq).await?;
                    forgotten.names += delete(&mut change, DELETE_NAME, branch, dropped, seq).await?;
                }
            }
        }
        finish(change).await?;
        forgotten.contents = contents.into_iter().collect();
        Ok(forgotten)
    }

    #[tracing::instrument(name = "db.versions.forget_rest", level = "debug", skip_all)]
    async fn forget_rest(&self, branch_id: i64, after: i64, limit: u32) -> Result<Forgotten> {
        let mut change = self.change().await?;
        if !flag(&mut change, IS_DELETED, branch_id).await? {
            return Ok(Forgotten::default());
        }
        let stretch = Stretch { branch_id, after, upto: i64::MAX, spared: &[] };
        let Some((upto, versions)) = batch(&mut change, &stretch, limit).await? else {
            let done = sqlx::query(DELETE_NAMES).bind(branch_id).bind(after).execute(&mut *change).await;
            let names = done.map_err(refused)?.rows_affected();
            finish(change).await?;
            return Ok(Forgotten { names, ..Forgotten::default() });
        };
        let (mut forgotten, mut contents) = (Forgotten { upto: Some(upto), ..Forgotten::default() }, BTreeSet::new());
        for version in &versions {
            if !is_to_be_purged(&mut change, version.content_id).await? {
                forgotten.versions += delete(&mut change, DELETE, branch_id, version, version.seq).await?;
                contents.extend(version.content_id);
            }
        }
        finish(change).await?;
        forgotten.contents = contents.into_iter().collect();
        Ok(forgotten)
    }

    #[tracing::instrument(name = "db.locations.free", level = "debug", skip_all)]
    async fn free_locations(&self, contents: &[Uuid]) -> Result<u64> {
        let mut change = self.change().await?;
        let mut gone = 0;
        for content in contents {
            gone += sqlx::query(LET_GO).bind(content).execute(&mut *change).await.map_err(refused)?.rows_affected();
        }
        finish(change).await?;
        Ok(gone)
    }
}

/// The next versions, and the last seq of them.
async fn batch(
    change: &mut SqliteConnection,
    stretch: &Stretch<'_>,
    limit: u32,
) -> Result<Option<(i64, Vec<Version>)>> {
    let Stretch { branch_id, after, upto, spared: _ } = *stretch;
    let next = sqlx::query_scalar(NEXT).bind(branch_id).bind(after).bind(upto).bind(limit);
    let Some(upto): Option<i64> = next.fetch_one(&mut *change).await.map_err(refused)? else { return Ok(None) };
    let rows = sqlx::query(STRETCH).bind(branch_id).bind(after).bind(upto).fetch_all(change).await.map_err(refused)?;
    let versions = rows.iter().map(read).collect::<Result<_, sqlx::Error>>().map_err(refused)?;
    Ok(Some((upto, versions)))
}

fn read(row: &SqliteRow) -> Result<Version, sqlx::Error> {
    let mut fields = Fields::new(row);
    Ok(Version {
        ns: fields.take()?,
        class: fields.take()?,
        name: fields.take()?,
        seq: fields.take()?,
        kind: fields.take()?,
        content_id: fields.take()?,
    })
}

async fn before(change: &mut SqliteConnection, branch: i64, version: &Version) -> Result<Option<(i64, Option<Uuid>)>> {
    let Version { ns, class, name, seq, .. } = version;
    let query = sqlx::query_as(BEFORE).bind(branch).bind(ns).bind(class).bind(name).bind(seq);
    query.fetch_optional(change).await.map_err(refused)
}

async fn is_to_be_purged(change: &mut SqliteConnection, content: Option<Uuid>) -> Result<bool> {
    match content {
        Some(content) => sqlx::query_scalar(HAS).bind(content).fetch_one(change).await.map_err(refused),
        None => Ok(false),
    }
}

/// Deletes the row of a version's key at a seq.
async fn delete(
    change: &mut SqliteConnection,
    statement: &'static str,
    branch: i64,
    version: &Version,
    seq: i64,
) -> Result<u64> {
    let Version { ns, class, name, .. } = version;
    let query = sqlx::query(statement).bind(branch).bind(ns).bind(class).bind(name).bind(seq);
    Ok(query.execute(change).await.map_err(refused)?.rows_affected())
}

async fn flag(change: &mut SqliteConnection, statement: &'static str, branch: i64) -> Result<bool> {
    let found: Option<bool> =
        sqlx::query_scalar(statement).bind(branch).fetch_optional(change).await.map_err(refused)?;
    Ok(found.unwrap_or(false))
}
