//! `purges`: contents whose files are to be deleted.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use catalog_store::{Ids, Purge, PurgeStore, Reach, Result, StoreError, Window};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::error::Failure;
use crate::transaction::Transaction;
use crate::visibility::{LOCK, read_seen, read_shown, seen, shown};

/// Two servers that take at the same moment do not wait for each other. Index `purges_due`.
pub const TAKE: &str = "
    UPDATE purges SET due_at = now() + $1::bigint * interval '1 microsecond', lease = $2::uuid
    WHERE id = (
      SELECT id FROM purges WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, warehouse_id, content_id, metadata_location, begun, lease";
const KEEP: &str = "
    UPDATE purges SET due_at = now() + $3::bigint * interval '1 microsecond'
    WHERE id = $1::bigint AND lease = $2::uuid
    RETURNING id";
const PUT_OFF: &str = "
    UPDATE purges SET due_at = now() + $3::bigint * interval '1 microsecond', lease = NULL
    WHERE id = $1::bigint AND lease = $2::uuid";
const BEGIN: &str = "
    UPDATE purges SET begun = true WHERE id = $1::bigint AND lease = $2::uuid";
/// The row stays, begun and never due again: a merge that has read the tree before must not bring back what has no files.
const END: &str = "
    WITH ended AS (
      UPDATE purges SET due_at = 'infinity', lease = NULL WHERE id = $1::bigint AND lease = $2::uuid
      RETURNING content_id),
      freed AS (DELETE FROM locations WHERE content_id IN (SELECT content_id FROM ended))
    SELECT count(*) FROM ended";
const COUNT: &str = "SELECT count(*) FROM purges WHERE due_at < 'infinity'";
const HAS: &str = "SELECT EXISTS (SELECT 1 FROM purges WHERE content_id = $1::uuid AND due_at < 'infinity')";
const HELD: &str = "SELECT location FROM locations WHERE content_id = $1::uuid ORDER BY location";
/// Index `locations_content`.
pub const LET_GO: &str = "
    SELECT c.id FROM unnest($1::uuid[]) c(id)
    WHERE (SELECT 1 FROM locations l WHERE l.content_id = c.id LIMIT 1) IS NULL";
/// The oldest metadata file, then the newest of each branch. Of versions of the same moment on two branches the older
/// branch has the older one.
pub const REACH: &str = "
    WITH v AS MATERIALIZED (
      SELECT branch_id, seq, metadata_location FROM versions
      WHERE content_id = $1::uuid AND metadata_location IS NOT NULL),
    first AS (
      SELECT v.metadata_location FROM v
      JOIN commits c ON c.branch_id = v.branch_id AND c.seq = v.seq
      ORDER BY c.committed_at, v.branch_id, v.seq
      LIMIT 1)
    SELECT (SELECT metadata_location FROM first), array_agg(DISTINCT last.metadata_location)
    FROM (SELECT DISTINCT ON (branch_id) metadata_location FROM v ORDER BY branch_id, seq DESC) last";
pub const METADATA_FILES: &str = "
    SELECT DISTINCT metadata_location COLLATE \"C\" AS file FROM versions
    WHERE content_id = $1::uuid AND metadata_location > $2::text COLLATE \"C\"
    ORDER BY file
    LIMIT $3::bigint";

#[async_trait]
impl PurgeStore for PostgresStore {
    #[instrument(name = "db.purges.take", level = "debug", skip_all, err(level = "debug"))]
    async fn take_purge(&self, lease: Duration) -> Result<Option<Purge>> {
        let statement = sqlx::query(TAKE).bind(micros(lease)).bind(Ids.random());
        let row = self.background.fetch_optional(statement).await?;
        Ok(row.as_ref().map(read_purge).transpose()?)
    }

    #[instrument(name = "db.purges.keep", level = "debug", skip_all, err(level = "debug"))]
    async fn keep_purge(&self, purge: &Purge, lease: Duration) -> Result<bool> {
        let statement = sqlx::query(KEEP).bind(purge.id).bind(purge.lease).bind(micros(lease));
        Ok(self.background.fetch_optional(statement).await?.is_some())
    }

    #[instrument(name = "db.purges.begin", level = "debug", skip_all, err(level = "debug"))]
    async fn begin_purge(&self, purge: &Purge, window: &Window, now: Timestamp) -> Result<bool> {
        let mut transaction = self.background.begin("").await?;
        let begun = begin(&mut transaction, purge, window, now).await;
        transaction.finish(begun.map_err(StoreError::from)).await
    }

    #[instrument(name = "db.purges.put_off", level = "debug", skip_all, err(level = "debug"))]
    async fn put_off_purge(&self, purge: &Purge, pause: Duration) -> Result<()> {
        let statement = sqlx::query(PUT_OFF).bind(purge.id).bind(purge.lease).bind(micros(pause));
        self.background.fetch_all(statement).await?;
        Ok(())
    }

    #[instrument(name = "db.purges.end", level = "debug", skip_all, err(level = "debug"))]
    async fn end_purge(&self, purge: &Purge) -> Result<bool> {
        let row = self.background.fetch_one(sqlx::query(END).bind(purge.id).bind(purge.lease)).await?;
        Ok(Columns::new(&row).take::<i64>()? > 0)
    }

    #[instrument(name = "db.purges.count", level = "debug", skip_all, err(level = "debug"))]
    async fn count_purges(&self) -> Result<u64> {
        let row = self.background.fetch_one(sqlx::query(COUNT)).await?;
        Ok(u64::try_from(Columns::new(&row).take::<i64>()?).unwrap_or(0))
    }

    #[instrument(name = "db.purges.has", level = "debug", skip_all, err(level = "debug"))]
    async fn has_purge(&self, content_id: Uuid) -> Result<bool> {
        let row = self.requests.fetch_one(sqlx::query(HAS).bind(content_id)).await?;
        Ok(Columns::new(&row).take()?)
    }

    #[instrument(name = "db.locations.held", level = "debug", skip_all, err(level = "debug"))]
    async fn held_locations(&self, content_id: Uuid) -> Result<Vec<String>> {
        let rows = self.background.fetch_all(sqlx::query(HELD).bind(content_id)).await?;
        Ok(rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, _>>()?)
    }

    #[instrument(name = "db.locations.let_go", level = "debug", skip_all, err(level = "debug"))]
    async fn let_go(&self, contents: &[Uuid]) -> Result<HashSet<Uuid>> {
        if contents.is_empty() {
            return Ok(HashSet::new());
        }
        let rows = self.requests.fetch_all(sqlx::query(LET_GO).bind(contents.to_vec())).await?;
        Ok(rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, _>>()?)
    }

    #[instrument(name = "db.versions.reach", level = "debug", skip_all, err(level = "debug"))]
    async fn reach(&self, content_id: Uuid) -> Result<Option<Reach>> {
        let row = self.background.fetch_one(sqlx::query(REACH).bind(content_id)).await?;
        let mut columns = Columns::new(&row);
        let (first, last): (Option<String>, Option<Vec<String>>) = (columns.take()?, columns.take()?);
        Ok(first.map(|first| Reach { first, last: last.unwrap_or_default() }))
    }

    #[instrument(name = "db.versions.metadata_files", level = "debug", skip_all, err(level = "debug"))]
    async fn metadata_files(&self, content_id: Uuid, after: &str, limit: u32) -> Result<Vec<String>> {
        let statement = sqlx::query(METADATA_FILES).bind(content_id).bind(after.to_owned()).bind(i64::from(limit));
        let rows = self.background.fetch_all(statement).await?;
        Ok(rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, _>>()?)
    }
}

async fn begin(transaction: &mut Transaction, purge: &Purge, window: &Window, now: Timestamp) -> Result<bool, Failure> {
    transaction.execute(sqlx::query(LOCK).bind(purge.warehouse_id)).await?;
    let rows = transaction.fetch_all(shown(purge.warehouse_id, window, now)).await?;
    let ranges = read_shown(&rows, window)?;
    let rows = transaction.fetch_all(seen(purge.content_id, &ranges)).await?;
    if !read_seen(&rows, &ranges)?.is_empty() {
        return Ok(false);
    }
    Ok(transaction.execute(sqlx::query(BEGIN).bind(purge.id).bind(purge.lease)).await? == 1)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn read_purge(row: &PgRow) -> Result<Purge, Failure> {
    let mut columns = Columns::new(row);
    Ok(Purge {
        id: columns.take()?,
        warehouse_id: columns.take()?,
        content_id: columns.take()?,
        metadata_location: columns.take()?,
        begun: columns.take()?,
        lease: columns.take()?,
    })
}
