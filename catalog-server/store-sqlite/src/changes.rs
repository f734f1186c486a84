//! The change feed: the tables `feed` and `changes`.

use async_trait::async_trait;
use catalog_store::{Change, ChangeStore, Result, Topic};
use jiff::Timestamp;
use sqlx::SqliteConnection;

use crate::SqliteStore;
use crate::error::{damaged, refused};
use crate::row::{Fields, micros};

#[async_trait]
impl ChangeStore for SqliteStore {
    #[tracing::instrument(name = "db.changes.list", level = "debug", skip_all)]
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<Change>> {
        let rows = sqlx::query("SELECT id, topic, key FROM changes WHERE id > ?1 ORDER BY id LIMIT ?2")
            .bind(after)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(refused)?;
        rows.iter()
            .map(|row| {
                let mut fields = Fields::new(row);
                let id = fields.take().map_err(refused)?;
                let topic: i16 = fields.take().map_err(refused)?;
                let topic =
                    Topic::from_i16(topic).ok_or_else(|| damaged(format!("change {id} has the topic {topic}")))?;
                Ok(Change { id, topic, key: fields.take().map_err(refused)? })
            })
            .collect()
    }
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
