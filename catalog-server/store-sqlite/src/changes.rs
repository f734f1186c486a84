//! The change feed: the tables `feed` and `changes`.

use async_trait::async_trait;
use catalog_store::{Change, ChangeStore, Feed, Result, StoreError, Topic, Wakes};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use tokio::sync::watch;

use crate::error::{damaged, refused};
use crate::row::{Fields, micros};
use crate::{SqliteStore, finish};

pub(crate) const FOLLOW: &str = "SELECT id, topic, key FROM changes WHERE id > ?1 ORDER BY id LIMIT ?2";
/// Old ones have low ids, without gaps: the oldest are looked at, and of them those deleted that are old enough.
pub(crate) const DELETE_OLD: &str = "DELETE FROM changes WHERE id < (SELECT min(id) FROM changes) + ?2 AND at < ?1";

#[async_trait]
impl ChangeStore for SqliteStore {
    #[tracing::instrument(name = "db.changes.list", level = "debug", skip_all)]
    async fn changes(&self, after: i64, limit: u32) -> Result<Feed> {
        let mut snapshot = self.snapshot().await?;
        let newest = sqlx::query_scalar("SELECT id FROM feed").fetch_one(&mut *snapshot).await.map_err(refused)?;
        let rows = sqlx::query(FOLLOW).bind(after).bind(limit).fetch_all(&mut *snapshot).await.map_err(refused)?;
        let changes = rows.iter().map(read).collect::<Result<_>>()?;
        Ok(Feed { newest, changes })
    }

    /// Wakes for each change that this process has made: no other one writes.
    async fn listen(&self) -> Result<Box<dyn Wakes>> {
        Ok(Box::new(Listening(self.told.subscribe())))
    }

    #[tracing::instrument(name = "db.changes.delete", level = "debug", skip_all)]
    async fn delete_old_changes(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut change = self.change().await?;
        let deleted =
            sqlx::query(DELETE_OLD).bind(micros(before)).bind(limit).execute(&mut *change).await.map_err(refused)?;
        finish(change).await?;
        Ok(deleted.rows_affected())
    }
}

struct Listening(watch::Receiver<()>);

#[async_trait]
impl Wakes for Listening {
    async fn wake(&mut self) -> Result<()> {
        self.0.changed().await.map_err(|closed| StoreError::Unavailable(closed.into()))
    }
}

fn read(row: &SqliteRow) -> Result<Change> {
    let mut fields = Fields::new(row);
    let id = fields.take().map_err(refused)?;
    let topic: i16 = fields.take().map_err(refused)?;
    let topic = Topic::from_i16(topic).ok_or_else(|| damaged(format!("change {id} has the topic {topic}")))?;
    Ok(Change { id, topic, key: fields.take().map_err(refused)? })
}

/// Numbers a change and writes it; the last statement of what changes.
pub(crate) async fn record(change: &mut SqliteConnection, topic: Topic, key: &str, now: Timestamp) -> Result<()> {
    let id: i64 = sqlx::query_scalar("UPDATE feed SET id = id + 1 RETURNING id")
        .fetch_one(&mut *change)
        .await
        .map_err(refused)?;
    sqlx::query("INSERT INTO changes (id, topic, key, at) VALUES (?1, ?2, ?3, ?4)")
        .bind(id)
        .bind(topic.as_i16())
        .bind(key)
        .bind(micros(now))
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}
