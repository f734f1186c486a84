//! `retention`, and the rows of `versions`, `names` and `locations` that nothing shows any more.

use std::time::Duration;

use async_trait::async_trait;
use catalog_store::retention::Swept;
use catalog_store::{
    Floor, Forgotten, Ids, Result, RetentionStore, Sights, StoreError, Stretch, Sweep, Window, own_begins,
};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::error::Failure;
use crate::transaction::Transaction;
use crate::visibility::{LOCK, read_shown, shown};
use crate::warehouses::sql::LOCK_ALL;

/// Makes the row if there is none, and takes it if it is due. Two servers that take at the same moment get it once.
const TAKE: &str = "
    INSERT INTO retention AS r (warehouse_id, due_at, lease)
    VALUES ($1::bigint, now() + $2::bigint * interval '1 microsecond', $3::uuid)
    ON CONFLICT (warehouse_id) DO UPDATE
      SET due_at = now() + $2::bigint * interval '1 microsecond', lease = $3::uuid
      WHERE r.due_at <= now()
    RETURNING lease, shown, swept";
/// How long it has been due.
const LATE: &str = "
    SELECT (extract(epoch FROM greatest(now() - due_at, interval '0')) * 1000000)::bigint FROM retention
    WHERE warehouse_id = $1::bigint";
const KEEP: &str = "
    UPDATE retention SET due_at = now() + $3::bigint * interval '1 microsecond'
    WHERE warehouse_id = $1::bigint AND lease = $2::uuid";
const END: &str = "
    UPDATE retention
    SET due_at = now() + $3::bigint * interval '1 microsecond', lease = NULL,
      shown = coalesce($4::jsonb, shown), swept = coalesce($5::jsonb, swept)
    WHERE warehouse_id = $1::bigint AND lease = $2::uuid";

const RAISE: &str = "
    UPDATE branches b SET floor_seq = f.seq
    FROM unnest($1::bigint[], $2::bigint[]) f(id, seq)
    WHERE b.id = f.id AND b.floor_seq < f.seq";
const RAISE_DELETED: &str = "
    UPDATE branches SET floor_seq = 9223372036854775807
    WHERE warehouse_id = $1::bigint AND deleted_at IS NOT NULL AND floor_seq < 9223372036854775807
    RETURNING id";
/// By the primary key.
pub const FLOORS: &str = "SELECT id, warehouse_id, floor_seq FROM branches WHERE id = ANY($1::bigint[])";
const ALL_BRANCHES: &str = "SELECT id FROM branches WHERE warehouse_id = $1::bigint";
/// Purges are few. Index `versions_content`.
const HELD: &str = "
    SELECT v.branch_id, min(v.seq) FROM purges p
    JOIN versions v ON v.content_id = p.content_id
    WHERE p.warehouse_id = $1::bigint AND p.due_at < 'infinity'
    GROUP BY v.branch_id";

/// Where the next batch ends: with whole commits. Index `versions_log`.
pub const NEXT: &str = "
    SELECT max(v.seq) FROM (
      SELECT seq FROM versions
      WHERE branch_id = $1::bigint AND seq > $2::bigint AND seq <= $3::bigint
      ORDER BY seq
      LIMIT $4::bigint) v";
/// A probe of the primary key for each version of the batch: what was there before it. That was visible up to the
/// commit before, and is spared if the last range that begins by then (`$4`, `$5`: sorted, found by halves) reaches it.
pub const FORGET_VERSIONS: &str = "
    WITH p AS MATERIALIZED (
      SELECT s.ns, s.class, s.name, p.seq
      FROM versions s
      CROSS JOIN LATERAL (
        SELECT v.seq, v.content_id FROM versions v
        WHERE v.branch_id = s.branch_id AND v.ns = s.ns AND v.class = s.class
          AND v.name >= s.name AND (v.name, v.seq) < (s.name, s.seq)
        ORDER BY v.name DESC, v.seq DESC
        LIMIT 1) p
      WHERE s.branch_id = $1::bigint AND s.seq > $2::bigint AND s.seq <= $3::bigint
        AND NOT coalesce(($5::bigint[])[width_bucket(s.seq - 1, $4::bigint[])] >= p.seq, false)
        AND NOT EXISTS (SELECT 1 FROM purges WHERE content_id = p.content_id AND due_at < 'infinity')),
    gone AS (
      DELETE FROM versions v USING p
      WHERE v.branch_id = $1::bigint AND v.ns = p.ns AND v.class = p.class AND v.name = p.name AND v.seq = p.seq
      RETURNING v.content_id)
    SELECT count(*), coalesce(array_agg(DISTINCT content_id) FILTER (WHERE content_id IS NOT NULL), '{}') FROM gone";
/// What says that a key was dropped, where there is nothing before it and no ancestor: that it was never there is the
/// same. Its name goes with it, unless the key has come back since.
pub const FORGET_DROPPED: &str = "
    WITH t AS MATERIALIZED (
      SELECT v.ns, v.class, v.name, v.seq
      FROM versions v
      JOIN branches b ON b.id = v.branch_id AND b.lineage = '{}'
      WHERE v.branch_id = $1::bigint AND v.seq > $2::bigint AND v.seq <= $3::bigint AND v.kind = 0
        AND NOT EXISTS (
          SELECT 1 FROM versions o
          WHERE o.branch_id = v.branch_id AND o.ns = v.ns AND o.class = v.class AND o.name = v.name AND o.seq < v.seq
          OFFSET 0)),
    gone AS (
      DELETE FROM versions v USING t
      WHERE v.branch_id = $1::bigint AND v.ns = t.ns AND v.class = t.class AND v.name = t.name AND v.seq = t.seq
      RETURNING v.seq),
    named AS (
      DELETE FROM names n USING t
      WHERE n.branch_id = $1::bigint AND n.ns = t.ns AND n.class = t.class AND n.name = t.name
        AND n.kind = 0 AND n.seq = t.seq
      RETURNING n.seq)
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM named)";
/// Of a branch that was deleted.
pub const FORGET_REST: &str = "
    WITH gone AS (
      DELETE FROM versions v
      WHERE v.branch_id = $1::bigint AND v.seq > $2::bigint AND v.seq <= $3::bigint
        AND (SELECT deleted_at IS NOT NULL FROM branches WHERE id = $1::bigint)
        AND NOT EXISTS (SELECT 1 FROM purges WHERE content_id = v.content_id AND due_at < 'infinity')
      RETURNING v.content_id)
    SELECT count(*), coalesce(array_agg(DISTINCT content_id) FILTER (WHERE content_id IS NOT NULL), '{}') FROM gone";
const FORGET_NAMES: &str = "
    DELETE FROM names
    WHERE branch_id = $1::bigint AND first_seq > $2::bigint
      AND (SELECT deleted_at IS NOT NULL FROM branches WHERE id = $1::bigint)";
/// Indexes `locations_content` and `versions_content`.
pub const HOLDERS: &str = "
    SELECT DISTINCT l.content_id FROM locations l
    WHERE l.content_id = ANY($1::uuid[])
      AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.content_id = l.content_id)
      AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.content_id = l.content_id AND p.due_at < 'infinity')";
const LET_GO: &str = "
    DELETE FROM locations l
    WHERE l.content_id = ANY($1::uuid[])
      AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.content_id = l.content_id)
      AND NOT EXISTS (SELECT 1 FROM purges p WHERE p.content_id = l.content_id AND p.due_at < 'infinity')";

#[async_trait]
impl RetentionStore for PostgresStore {
    #[instrument(name = "db.retention.take", level = "debug", skip_all, err(level = "debug"))]
    async fn take_sweep(&self, warehouse_id: i64, lease: Duration) -> Result<Option<Sweep>> {
        let late = self.background.fetch_optional(sqlx::query(LATE).bind(warehouse_id)).await?;
        let late = late.map(|row| Columns::new(&row).take::<i64>()).transpose()?.unwrap_or(0);
        let statement = sqlx::query(TAKE).bind(warehouse_id).bind(micros(lease)).bind(Ids.random());
        let row = self.background.fetch_optional(statement).await?;
        let late = Duration::from_micros(late.unsigned_abs());
        Ok(row.map(|row| read_sweep(&row, warehouse_id, late)).transpose()?)
    }

    #[instrument(name = "db.retention.keep", level = "debug", skip_all, err(level = "debug"))]
    async fn keep_sweep(&self, sweep: &Sweep, lease: Duration) -> Result<bool> {
        let statement = sqlx::query(KEEP).bind(sweep.warehouse_id).bind(sweep.lease).bind(micros(lease));
        Ok(self.background.execute(statement).await? == 1)
    }

    #[instrument(name = "db.retention.end", level = "debug", skip_all, err(level = "debug"))]
    async fn end_sweep(&self, sweep: &Sweep, done: Option<&Swept>, pause: Duration) -> Result<bool> {
        let statement = sqlx::query(END)
            .bind(sweep.warehouse_id)
            .bind(sweep.lease)
            .bind(micros(pause))
            .bind(done.map(|done| json(&done.shown)).transpose()?)
            .bind(done.map(|done| json(&done.swept)).transpose()?);
        Ok(self.background.execute(statement).await? == 1)
    }

    #[instrument(name = "db.branches.raise", level = "debug", skip_all, err(level = "debug"))]
    async fn raise_floors(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<(Sights, Vec<i64>)> {
        let mut transaction = self.background.begin("").await?;
        let raised = raise(&mut transaction, warehouse_id, window, now).await;
        transaction.finish(raised.map_err(StoreError::from)).await
    }

    #[instrument(name = "db.branches.floors", level = "debug", skip_all, err(level = "debug"))]
    async fn floors(&self, branches: &[i64]) -> Result<Vec<Floor>> {
        let rows = self.requests.fetch_all(sqlx::query(FLOORS).bind(branches.to_vec())).await?;
        Ok(rows.iter().map(read_floor).collect::<Result<_, Failure>>()?)
    }

    #[instrument(name = "db.branches.all", level = "debug", skip_all, err(level = "debug"))]
    async fn all_branches(&self, warehouse_id: i64) -> Result<Vec<i64>> {
        let rows = self.background.fetch_all(sqlx::query(ALL_BRANCHES).bind(warehouse_id)).await?;
        Ok(rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, Failure>>()?)
    }

    #[instrument(name = "db.versions.held", level = "debug", skip_all, err(level = "debug"))]
    async fn held_versions(&self, warehouse_id: i64) -> Result<Vec<(i64, i64)>> {
        let rows = self.background.fetch_all(sqlx::query(HELD).bind(warehouse_id)).await?;
        let pair = |row: &PgRow| {
            let mut columns = Columns::new(row);
            Ok((columns.take()?, columns.take()?))
        };
        Ok(rows.iter().map(pair).collect::<Result<_, Failure>>()?)
    }

    #[instrument(name = "db.versions.forget", level = "debug", skip_all, err(level = "debug"))]
    async fn forget(&self, stretch: &Stretch<'_>, limit: u32) -> Result<Forgotten> {
        let Stretch { branch_id, after, upto, spared } = *stretch;
        let Some(upto) = self.next(branch_id, after, upto, limit).await? else { return Ok(Forgotten::default()) };
        let (lows, highs): (Vec<i64>, Vec<i64>) = spared.iter().copied().unzip();
        let forget = sqlx::query(FORGET_VERSIONS).bind(branch_id).bind(after).bind(upto).bind(lows).bind(highs);
        let mut forgotten = read_forgotten(&self.background.fetch_one(forget).await?, upto)?;
        // The next statement: only now it is seen what is left before them.
        let dropped = sqlx::query(FORGET_DROPPED).bind(branch_id).bind(after).bind(upto);
        let row = self.background.fetch_one(dropped).await?;
        let mut columns = Columns::new(&row);
        forgotten.versions += columns.take::<i64>()?.unsigned_abs();
        forgotten.names = columns.take::<i64>()?.unsigned_abs();
        Ok(forgotten)
    }

    #[instrument(name = "db.versions.forget_rest", level = "debug", skip_all, err(level = "debug"))]
    async fn forget_rest(&self, branch_id: i64, after: i64, limit: u32) -> Result<Forgotten> {
        let Some(upto) = self.next(branch_id, after, i64::MAX, limit).await? else {
            let names = self.background.execute(sqlx::query(FORGET_NAMES).bind(branch_id).bind(after)).await?;
            return Ok(Forgotten { names, ..Forgotten::default() });
        };
        let rest = sqlx::query(FORGET_REST).bind(branch_id).bind(after).bind(upto);
        Ok(read_forgotten(&self.background.fetch_one(rest).await?, upto)?)
    }

    #[instrument(name = "db.locations.free", level = "debug", skip_all, err(level = "debug"))]
    async fn free_locations(&self, contents: &[Uuid]) -> Result<u64> {
        let rows = self.background.fetch_all(sqlx::query(HOLDERS).bind(contents.to_vec())).await?;
        let holders: Vec<Uuid> = rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, Failure>>()?;
        if holders.is_empty() {
            return Ok(0);
        }
        // A registered content has the same id when it is registered again: whoever does waits, or is seen.
        let mut transaction = self.background.begin(LOCK_ALL).await?;
        let gone = transaction.execute(sqlx::query(LET_GO).bind(holders)).await;
        transaction.finish(gone.map_err(StoreError::from)).await
    }
}

impl PostgresStore {
    async fn next(&self, branch: i64, after: i64, upto: i64, limit: u32) -> Result<Option<i64>> {
        let statement = sqlx::query(NEXT).bind(branch).bind(after).bind(upto).bind(i64::from(limit));
        Ok(Columns::new(&self.background.fetch_one(statement).await?).take()?)
    }
}

async fn raise(
    transaction: &mut Transaction,
    warehouse_id: i64,
    window: &Window,
    now: Timestamp,
) -> Result<(Sights, Vec<i64>), Failure> {
    transaction.execute(sqlx::query(LOCK).bind(warehouse_id)).await?;
    let rows = transaction.fetch_all(shown(warehouse_id, window, now)).await?;
    let ranges = read_shown(&rows, window)?;
    let (ids, floors): (Vec<i64>, Vec<i64>) = own_begins(&ranges).unzip();
    transaction.execute(sqlx::query(RAISE).bind(ids).bind(floors)).await?;
    let rows = transaction.fetch_all(sqlx::query(RAISE_DELETED).bind(warehouse_id)).await?;
    let deleted = rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, Failure>>()?;
    Ok((Sights::from(ranges.as_slice()), deleted))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn json(sights: &Sights) -> Result<serde_json::Value> {
    serde_json::to_value(sights).map_err(|error| StoreError::Backend(error.into()))
}

fn read_sweep(row: &PgRow, warehouse_id: i64, late: Duration) -> Result<Sweep, Failure> {
    let mut columns = Columns::new(row);
    let lease = columns.take()?;
    let mut sights = || match columns.take::<Option<serde_json::Value>>()? {
        None => Ok(None),
        Some(json) => serde_json::from_value(json).map(Some).map_err(|error| Failure::Data(error.to_string())),
    };
    Ok(Sweep { warehouse_id, lease, late, shown: sights()?, swept: sights()? })
}

fn read_floor(row: &PgRow) -> Result<Floor, Failure> {
    let mut columns = Columns::new(row);
    Ok(Floor { branch_id: columns.take()?, warehouse_id: columns.take()?, seq: columns.take()? })
}

fn read_forgotten(row: &PgRow, upto: i64) -> Result<Forgotten, Failure> {
    let mut columns = Columns::new(row);
    let versions = columns.take::<i64>()?.unsigned_abs();
    Ok(Forgotten { upto: Some(upto), versions, names: 0, contents: columns.take()? })
}
