//! The table `idempotency`.

use std::collections::HashMap;

use async_trait::async_trait;
use catalog_store::{CommitRequest, IdempotencyStore, Mark, Result, State, StoreError};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::database::Statement;
use crate::error::Failure;
use crate::time::Time;
use crate::transaction::Transaction;

/// Each key is one probe of the primary key.
const RECALL: &str = "
    SELECT i.principal, i.key, i.fingerprint, i.status, i.detail, i.expires_at
    FROM unnest($2::text[], $3::uuid[]) k(principal, key)
    JOIN idempotency i ON i.warehouse_id = $1::bigint AND i.principal = k.principal AND i.key = k.key
    WHERE i.expires_at > $4::timestamptz";
/// What is there stays, unless it has expired and the sweep was not there yet.
const REMEMBER: &str = "
    INSERT INTO idempotency AS i (warehouse_id, principal, key, fingerprint, status, detail, expires_at)
    SELECT $1::bigint, u.*
    FROM unnest($2::text[], $3::uuid[], $4::bytea[], $5::smallint[], $6::text[], $7::timestamptz[]) u
    ON CONFLICT (warehouse_id, principal, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, status = excluded.status, detail = excluded.detail,
          expires_at = excluded.expires_at
      WHERE i.expires_at <= $8::timestamptz";
/// As the sweep of tokens: index `idempotency_expiry`.
const DELETE_EXPIRED: &str = "
    DELETE FROM idempotency WHERE ctid = ANY (ARRAY (
      SELECT ctid FROM idempotency
      WHERE expires_at <= $1::timestamptz
      ORDER BY expires_at
      LIMIT $2::bigint
      FOR UPDATE SKIP LOCKED))";

#[async_trait]
impl IdempotencyStore for PostgresStore {
    #[instrument(name = "db.idempotency.select", level = "debug", skip_all, err(level = "debug"))]
    async fn recall(&self, warehouse_id: i64, principal: &str, key: Uuid, now: Timestamp) -> Result<Option<Mark>> {
        let row = self.requests.fetch_optional(select(warehouse_id, &[(principal, key)], now)).await?;
        Ok(row.as_ref().map(read).transpose()?)
    }

    #[instrument(name = "db.idempotency.insert", level = "debug", skip_all, err(level = "debug"))]
    async fn remember(&self, warehouse_id: i64, mark: Mark, now: Timestamp) -> Result<()> {
        let mut transaction = self.requests.begin("").await?;
        let written = write(&mut transaction, warehouse_id, vec![mark], now).await;
        transaction.finish(written.map_err(StoreError::from)).await
    }

    #[instrument(name = "db.idempotency.delete", level = "debug", skip_all, err(level = "debug"))]
    async fn delete_expired_marks(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let mut transaction = self.background.begin("").await?;
        let statement = sqlx::query(DELETE_EXPIRED).bind(Time(now)).bind(i64::from(limit));
        let deleted = transaction.execute(statement).await;
        transaction.finish(deleted.map_err(StoreError::from)).await
    }
}

/// What [`State::marks`] has to be. Most groups have no keys.
pub(crate) async fn state(
    transaction: &mut Transaction,
    warehouse_id: i64,
    requests: &[CommitRequest],
    now: Timestamp,
) -> Result<HashMap<(String, Uuid), Mark>, Failure> {
    let keys = State::marks_of(requests);
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = transaction.fetch_all(select(warehouse_id, &keys, now)).await?;
    rows.iter().map(|row| read(row).map(|mark| ((mark.principal.clone(), mark.key), mark))).collect()
}

fn select(warehouse_id: i64, keys: &[(&str, Uuid)], now: Timestamp) -> Statement {
    let (principals, keys): (Vec<String>, Vec<Uuid>) = keys.iter().map(|(p, key)| ((*p).to_owned(), *key)).unzip();
    sqlx::query(RECALL).bind(warehouse_id).bind(principals).bind(keys).bind(Time(now))
}

/// Writes marks, sorted by key: two groups of different branches never wait for each other in a circle.
pub(crate) async fn write(
    transaction: &mut Transaction,
    warehouse_id: i64,
    marks: Vec<Mark>,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut columns = Marks::default();
    for Mark { principal, key, fingerprint, status, detail, expires_at } in marks {
        columns.principal.push(principal);
        columns.key.push(key);
        columns.fingerprint.push(fingerprint.to_vec());
        columns.status.push(i16::try_from(status).unwrap_or(i16::MAX));
        columns.detail.push(detail);
        columns.expires_at.push(Time(expires_at));
    }
    let Marks { principal, key, fingerprint, status, detail, expires_at } = columns;
    let statement = sqlx::query(REMEMBER).bind(warehouse_id).bind(principal).bind(key).bind(fingerprint);
    let statement = statement.bind(status).bind(detail).bind(expires_at).bind(Time(now));
    transaction.execute(statement).await.map(drop)
}

/// Column by column.
#[derive(Default)]
struct Marks {
    principal: Vec<String>,
    key: Vec<Uuid>,
    fingerprint: Vec<Vec<u8>>,
    status: Vec<i16>,
    detail: Vec<Option<String>>,
    expires_at: Vec<Time>,
}

fn read(row: &PgRow) -> Result<Mark, Failure> {
    let mut columns = Columns::new(row);
    let (principal, key) = (columns.take()?, columns.take()?);
    let fingerprint: Vec<u8> = columns.take()?;
    let fingerprint = fingerprint
        .try_into()
        .map_err(|_| Failure::Data(format!("the mark {key} has a fingerprint of no 32 bytes")))?;
    let status: Option<i16> = columns.take()?;
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.ok_or_else(|| Failure::Data(format!("the mark {key} has no status")))?;
    Ok(Mark { principal, key, fingerprint, status, detail: columns.take()?, expires_at: columns.take::<Time>()?.0 })
}
