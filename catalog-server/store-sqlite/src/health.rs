//! Whether the database can serve this build.

use async_trait::async_trait;
use catalog_store::{Health, HealthStore, Result};
use migrations::sqlite::{LATEST, version};

use crate::SqliteStore;
use crate::error::refused;

#[async_trait]
impl HealthStore for SqliteStore {
    #[tracing::instrument(name = "db.health", level = "debug", skip_all)]
    async fn health(&self) -> Result<Health> {
        let found = version(&self.readers).await.map_err(refused)?;
        Ok(match found {
            LATEST => Health::Ready,
            newer if newer > LATEST => Health::SchemaTooNew { found, know: LATEST },
            _ => Health::SchemaTooOld { found, need: LATEST },
        })
    }
}
