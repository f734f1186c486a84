//! `intents`: metadata files that are written before the commit that is to name them.

use async_trait::async_trait;
use catalog_store::{Intent, IntentStore, Result};
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::error::Failure;

const INTEND: &str = "
    INSERT INTO intents (warehouse_id, commit_id, location) SELECT $1::bigint, $2::uuid, unnest($3::text[])";
/// A range of the primary key.
pub const INTENTS: &str = "
    SELECT commit_id, location FROM intents
    WHERE warehouse_id = $1::bigint AND commit_id < $2::uuid AND (commit_id, location) > ($3::uuid, $4::text)
    ORDER BY commit_id, location
    LIMIT $5::bigint";
pub const CONDEMN: &str = "
    UPDATE intents SET condemned = true WHERE location = $1::text RETURNING location";
const WITHDRAW: &str = "
    DELETE FROM intents WHERE location = $1::text AND NOT condemned";
const IS_CONDEMNED: &str = "
    SELECT EXISTS (SELECT 1 FROM intents WHERE location = $1::text AND condemned)";
pub const FORGET: &str = "
    DELETE FROM intents WHERE location = ANY($1::text[])";

#[async_trait]
impl IntentStore for PostgresStore {
    #[instrument(name = "db.intents.insert", level = "debug", skip_all, err(level = "debug"))]
    async fn intend(&self, warehouse_id: i64, commit_id: Uuid, locations: &[String]) -> Result<()> {
        let statement = sqlx::query(INTEND).bind(warehouse_id).bind(commit_id).bind(locations.to_vec());
        self.requests.fetch_all(statement).await?;
        Ok(())
    }

    #[instrument(name = "db.intents.select", level = "debug", skip_all, err(level = "debug"))]
    async fn intents(
        &self,
        warehouse_id: i64,
        before: Uuid,
        after: Option<&Intent>,
        limit: u32,
    ) -> Result<Vec<Intent>> {
        let (id, location) = after.map_or((Uuid::nil(), ""), |last| (last.commit_id, &last.location));
        let statement = sqlx::query(INTENTS)
            .bind(warehouse_id)
            .bind(before)
            .bind(id)
            .bind(location.to_owned())
            .bind(i64::from(limit));
        let rows = self.background.fetch_all(statement).await?;
        Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
    }

    #[instrument(name = "db.intents.condemn", level = "debug", skip_all, err(level = "debug"))]
    async fn condemn_intent(&self, location: &str) -> Result<bool> {
        let statement = sqlx::query(CONDEMN).bind(location.to_owned());
        Ok(self.background.fetch_optional(statement).await?.is_some())
    }

    #[instrument(name = "db.intents.withdraw", level = "debug", skip_all, err(level = "debug"))]
    async fn withdraw_intent(&self, location: &str) -> Result<bool> {
        self.requests.fetch_all(sqlx::query(WITHDRAW).bind(location.to_owned())).await?;
        // A statement of its own: the first may have waited for a condemnation that its snapshot does not show.
        let row = self.requests.fetch_one(sqlx::query(IS_CONDEMNED).bind(location.to_owned())).await?;
        Ok(!Columns::new(&row).take::<bool>()?)
    }

    #[instrument(name = "db.intents.delete", level = "debug", skip_all, err(level = "debug"))]
    async fn forget_intents(&self, locations: &[String]) -> Result<()> {
        self.background.fetch_all(sqlx::query(FORGET).bind(locations.to_vec())).await?;
        Ok(())
    }
}

fn read(row: &PgRow) -> Result<Intent, Failure> {
    let mut columns = Columns::new(row);
    Ok(Intent { commit_id: columns.take()?, location: columns.take()? })
}
