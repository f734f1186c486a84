//! The table `intents`: metadata files that are written before the commit that is to name them.

use async_trait::async_trait;
use catalog_store::{Intent, IntentStore, Result};
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::refused;
use crate::{SqliteStore, finish};

const INTEND: &str = "INSERT INTO intents (warehouse_id, commit_id, location) VALUES (?1, ?2, ?3)";
/// A range of the primary key.
pub(crate) const INTENTS: &str = "
    SELECT commit_id, location FROM intents
    WHERE warehouse_id = ?1 AND commit_id < ?2 AND (commit_id, location) > (?3, ?4)
    ORDER BY commit_id, location LIMIT ?5";
pub(crate) const CONDEMN: &str = "UPDATE intents SET condemned = 1 WHERE location = ?1";
const WITHDRAW: &str = "DELETE FROM intents WHERE location = ?1 AND NOT condemned";
const IS_CONDEMNED: &str = "SELECT EXISTS (SELECT 1 FROM intents WHERE location = ?1)";
pub(crate) const FORGET: &str = "DELETE FROM intents WHERE location IN (SELECT value FROM json_each(?1))";

#[async_trait]
impl IntentStore for SqliteStore {
    #[tracing::instrument(name = "db.intents.insert", level = "debug", skip_all)]
    async fn intend(&self, warehouse_id: i64, commit_id: Uuid, locations: &[String]) -> Result<()> {
        let mut change = self.change().await?;
        for location in locations {
            let insert = sqlx::query(INTEND).bind(warehouse_id).bind(commit_id).bind(location);
            insert.execute(&mut *change).await.map_err(refused)?;
        }
        finish(change).await
    }

    #[tracing::instrument(name = "db.intents.select", level = "debug", skip_all)]
    async fn intents(
        &self,
        warehouse_id: i64,
        before: Uuid,
        after: Option<&Intent>,
        limit: u32,
    ) -> Result<Vec<Intent>> {
        let (id, location) = after.map_or((Uuid::nil(), ""), |last| (last.commit_id, &last.location));
        let statement = sqlx::query_as(INTENTS).bind(warehouse_id).bind(before).bind(id).bind(location).bind(limit);
        let rows: Vec<(Uuid, String)> = statement.fetch_all(&self.readers).await.map_err(refused)?;
        Ok(rows.into_iter().map(|(commit_id, location)| Intent { commit_id, location }).collect())
    }

    #[tracing::instrument(name = "db.intents.condemn", level = "debug", skip_all)]
    async fn condemn_intent(&self, location: &str) -> Result<bool> {
        let mut change = self.change().await?;
        let done = sqlx::query(CONDEMN).bind(location).execute(&mut *change).await.map_err(refused)?;
        finish(change).await?;
        Ok(done.rows_affected() == 1)
    }

    #[tracing::instrument(name = "db.intents.withdraw", level = "debug", skip_all)]
    async fn withdraw_intent(&self, location: &str) -> Result<bool> {
        let mut change = self.change().await?;
        sqlx::query(WITHDRAW).bind(location).execute(&mut *change).await.map_err(refused)?;
        let condemned: bool =
            sqlx::query_scalar(IS_CONDEMNED).bind(location).fetch_one(&mut *change).await.map_err(refused)?;
        finish(change).await?;
        Ok(!condemned)
    }

    #[tracing::instrument(name = "db.intents.delete", level = "debug", skip_all)]
    async fn forget_intents(&self, locations: &[String]) -> Result<()> {
        let mut change = self.change().await?;
        sqlx::query(FORGET).bind(Json(locations)).execute(&mut *change).await.map_err(refused)?;
        finish(change).await
    }
}
