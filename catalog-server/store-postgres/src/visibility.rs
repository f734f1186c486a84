//! What can still be seen: `branches`, `tags`, and the versions of a content in their ranges.

use std::time::Duration;

use async_trait::async_trait;
use catalog_store::{Range, Result, Seen, Shows, VisibilityStore, Window, ranges};
use jiff::{SignedDuration, Timestamp};
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::database::Statement;
use crate::error::Failure;
use crate::refs::branches::read_branch;
use crate::refs::sql::branch_columns;
use crate::time::Time;

/// A row per branch of a warehouse with its tags: the live ones, and of the deleted ones those that descend to a live one
/// or have a tag. The head is read for a window of commits, and for a window of time the commit before it: by halves,
/// for time never goes back along a branch.
pub const SHOWN: &str = concat!(
    "    WITH live AS (
      SELECT id, lineage FROM branches WHERE warehouse_id = $1::bigint AND deleted_at IS NULL),
    ids AS (
      SELECT id FROM live
      UNION SELECT unnest(lineage) FROM live
      UNION SELECT branch_id FROM tags WHERE warehouse_id = $1::bigint)
    SELECT ",
    branch_columns!(),
    ", b.deleted_at IS NULL,
      CASE WHEN $2::bigint > 0 THEN coalesce(
        (SELECT c.seq FROM commits c WHERE c.branch_id = b.id ORDER BY c.seq DESC LIMIT 1), 0) ELSE 0 END,
      CASE WHEN $3::timestamptz IS NOT NULL THEN (
        WITH RECURSIVE half(low, high) AS (
          SELECT 0::bigint, coalesce(
            (SELECT c.seq FROM commits c WHERE c.branch_id = b.id ORDER BY c.seq DESC LIMIT 1), 0)
          UNION ALL
          SELECT CASE WHEN c.committed_at <= $3::timestamptz THEN c.seq ELSE half.low END,
            CASE WHEN c.committed_at <= $3::timestamptz THEN half.high ELSE c.seq - 1 END
          FROM half
          JOIN commits c ON c.branch_id = b.id AND c.seq = (half.low + half.high + 1) / 2
          WHERE half.low < half.high)
        SELECT low FROM half WHERE low = high) ELSE 9223372036854775807 END,
      t.names, t.seqs
    FROM ids
    CROSS JOIN LATERAL (SELECT * FROM branches b WHERE b.id = ids.id LIMIT 1) b
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(t.name), '{}') AS names, coalesce(array_agg(t.seq), '{}') AS seqs
      FROM tags t WHERE t.branch_id = b.id) t"
);

/// The versions of a content in some ranges, by the keys under which it ever was on these branches. In each range: what
/// the key was in its oldest state, and what it became in it.
pub const SEEN: &str = "
    WITH k AS MATERIALIZED (
      SELECT DISTINCT branch_id, ns, class, name FROM versions
      WHERE content_id = $1::uuid AND branch_id = ANY($2::bigint[]))
    SELECT DISTINCT r.i, v.metadata_location
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY r(branch_id, low, high, i)
    JOIN k ON k.branch_id = r.branch_id
    CROSS JOIN LATERAL (
      (SELECT v.content_id, v.metadata_location FROM versions v
       WHERE v.branch_id = k.branch_id AND v.ns = k.ns AND v.class = k.class
         AND v.name >= k.name AND (v.name, v.seq) <= (k.name, r.low)
       ORDER BY v.name DESC, v.seq DESC
       LIMIT 1)
      UNION ALL
      (SELECT v.content_id, v.metadata_location FROM versions v
       WHERE v.branch_id = k.branch_id AND v.ns = k.ns AND v.class = k.class AND v.name = k.name
         AND v.seq > r.low AND v.seq <= r.high)) v
    WHERE v.content_id = $1::uuid AND v.metadata_location IS NOT NULL";

/// Waits for whatever commits, forks or tags in the warehouse, and holds it up: what the *next* statement sees is all
/// that there is. The deleted branches show nothing new.
pub(crate) const LOCK: &str = "
    SELECT id FROM branches WHERE warehouse_id = $1::bigint AND deleted_at IS NULL ORDER BY id FOR UPDATE";

#[async_trait]
impl VisibilityStore for PostgresStore {
    #[instrument(name = "db.branches.shown", level = "debug", skip_all, err(level = "debug"))]
    async fn shown(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<Vec<Range>> {
        Ok(read_shown(&self.requests.fetch_all(shown(warehouse_id, window, now)).await?, window)?)
    }

    #[instrument(name = "db.versions.seen", level = "debug", skip_all, err(level = "debug"))]
    async fn seen(&self, content_id: Uuid, ranges: &[Range]) -> Result<Vec<Seen>> {
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        Ok(read_seen(&self.requests.fetch_all(seen(content_id, ranges)).await?, ranges)?)
    }
}

pub(crate) fn shown(warehouse_id: i64, window: &Window, now: Timestamp) -> Statement {
    let Window { age, commits } = *window;
    let begins = (age > Duration::ZERO).then(|| before(now, age));
    sqlx::query(SHOWN).bind(warehouse_id).bind(i64::from(commits)).bind(begins.map(Time))
}

/// A window that reaches back further than time does begins with it: microseconds, so that it is one for the database.
fn before(now: Timestamp, age: Duration) -> Timestamp {
    let first = Timestamp::UNIX_EPOCH;
    SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(first).max(first)
}

pub(crate) fn read_shown(rows: &[PgRow], window: &Window) -> Result<Vec<Range>, Failure> {
    let all = rows.iter().map(read_shows).collect::<Result<Vec<_>, _>>()?;
    Ok(ranges(&all, window))
}

fn read_shows(row: &PgRow) -> Result<Shows, Failure> {
    let mut columns = Columns::new(row);
    let branch = read_branch(&mut columns)?;
    let (live, head, old) = (columns.take()?, columns.take()?, columns.take()?);
    let (names, seqs): (Vec<String>, Vec<i64>) = (columns.take()?, columns.take()?);
    Ok(Shows { branch, live, head, old, tags: names.into_iter().zip(seqs).collect() })
}

pub(crate) fn seen(content_id: Uuid, ranges: &[Range]) -> Statement {
    let ids: Vec<i64> = ranges.iter().map(|range| range.branch_id).collect();
    let lows: Vec<i64> = ranges.iter().map(|range| range.low).collect();
    let highs: Vec<i64> = ranges.iter().map(|range| range.high).collect();
    sqlx::query(SEEN).bind(content_id).bind(ids).bind(lows).bind(highs)
}

pub(crate) fn read_seen(rows: &[PgRow], ranges: &[Range]) -> Result<Vec<Seen>, Failure> {
    rows.iter()
        .map(|row| {
            let mut columns = Columns::new(row);
            let number: i64 = columns.take()?;
            let range = usize::try_from(number - 1).ok().and_then(|n| ranges.get(n));
            let range = range.ok_or_else(|| Failure::Data(format!("there is no range {number}")))?;
            Ok(Seen { viewer: range.viewer.clone(), metadata_location: columns.take()? })
        })
        .collect()
}
