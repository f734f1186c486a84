//! The table `idempotency`.

use std::collections::HashMap;

use async_trait::async_trait;
use catalog_store::{CommitRequest, IdempotencyStore, Mark, Result, State};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::error::{damaged, refused};
use crate::row::{Fields, micros};
use crate::{SqliteStore, finish};

pub(crate) const RECALL: &str = "
    SELECT principal, key, fingerprint, status, detail, expires_at FROM idempotency
    WHERE warehouse_id = ?1 AND principal = ?2 AND key = ?3 AND expires_at > ?4";
/// What is there stays, unless it has expired and the sweep was not there yet.
const REMEMBER: &str = "
    INSERT INTO idempotency AS i (warehouse_id, principal, key, fingerprint, status, detail, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (warehouse_id, principal, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, status = excluded.status, detail = excluded.detail,
          expires_at = excluded.expires_at
      WHERE i.expires_at <= ?8";
pub(crate) const DELETE_EXPIRED: &str = "
    DELETE FROM idempotency WHERE (warehouse_id, principal, key) IN (
      SELECT warehouse_id, principal, key FROM idempotency WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

#[async_trait]
impl IdempotencyStore for SqliteStore {
    #[tracing::instrument(name = "db.idempotency.select", level = "debug", skip_all)]
    async fn recall(&self, warehouse_id: i64, principal: &str, key: Uuid, now: Timestamp) -> Result<Option<Mark>> {
        select(&self.readers, warehouse_id, principal, key, now).await
    }

    #[tracing::instrument(name = "db.idempotency.insert", level = "debug", skip_all)]
    async fn remember(&self, warehouse_id: i64, mark: Mark, now: Timestamp) -> Result<()> {
        let mut change = self.change().await?;
        write(&mut change, warehouse_id, &mark, now).await?;
        finish(change).await
    }

    #[tracing::instrument(name = "db.idempotency.delete", level = "debug", skip_all)]
    async fn delete_expired_marks(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let mut change = self.change().await?;
        let deleted = sqlx::query(DELETE_EXPIRED).bind(micros(now)).bind(limit).execute(&mut *change).await;
        let deleted = deleted.map_err(refused)?.rows_affected();
        finish(change).await?;
        Ok(deleted)
    }
}

/// What [`State::marks`] has to be.
pub(crate) async fn state(
    change: &mut SqliteConnection,
    warehouse_id: i64,
    requests: &[CommitRequest],
    now: Timestamp,
) -> Result<HashMap<(String, Uuid), Mark>> {
    let mut marks = HashMap::new();
    for (principal, key) in State::marks_of(requests) {
        if let Some(mark) = select(&mut *change, warehouse_id, principal, key, now).await? {
            marks.insert((principal.to_owned(), key), mark);
        }
    }
    Ok(marks)
}

async fn select<'e>(
    executor: impl SqliteExecutor<'e>,
    warehouse_id: i64,
    principal: &str,
    key: Uuid,
    now: Timestamp,
) -> Result<Option<Mark>> {
    let statement = sqlx::query(RECALL).bind(warehouse_id).bind(principal).bind(key).bind(micros(now));
    statement.fetch_optional(executor).await.map_err(refused)?.map(|row| read(&row)).transpose()
}

pub(crate) async fn write(change: &mut SqliteConnection, warehouse_id: i64, mark: &Mark, now: Timestamp) -> Result<()> {
    let Mark { principal, key, fingerprint, status, detail, expires_at } = mark;
    sqlx::query(REMEMBER)
        .bind(warehouse_id)
        .bind(principal)
        .bind(key)
        .bind(fingerprint.as_slice())
        .bind(status)
        .bind(detail)
        .bind(micros(*expires_at))
        .bind(micros(now))
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<Mark> {
    let mut fields = Fields::new(row);
    let (principal, key) = (fields.take().map_err(refused)?, fields.take().map_err(refused)?);
    let fingerprint: Vec<u8> = fields.take().map_err(refused)?;
    let fingerprint =
        fingerprint.try_into().map_err(|_| damaged(format!("the mark {key} has a fingerprint of no 32 bytes")))?;
    let status: Option<u16> = fields.take().map_err(refused)?;
    let status = status.ok_or_else(|| damaged(format!("the mark {key} has no status")))?;
    let (detail, expires_at) = (fields.take().map_err(refused)?, fields.time().map_err(refused)?);
    Ok(Mark { principal, key, fingerprint, status, detail, expires_at })
}
