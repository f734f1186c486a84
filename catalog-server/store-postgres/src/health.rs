//! Whether the database answers, and at which version its schema is.

use async_trait::async_trait;
use catalog_store::{Health, HealthStore, Result, StoreError};
use migrations::postgres::LATEST;
use tokio::time::timeout;
use tracing::instrument;

use crate::PostgresStore;
use crate::error::Failure;

#[async_trait]
impl HealthStore for PostgresStore {
    #[instrument(name = "db.health.select", level = "debug", skip_all, err(level = "debug"))]
    async fn health(&self) -> Result<Health> {
        let limit = self.limits.answer();
        let version = timeout(limit, migrations::postgres::version(self.background.pool())).await;
        let found = version.map_err(|_| Failure::Silence(limit)).and_then(|v| v.map_err(Failure::from));
        Ok(compare(found.map_err(StoreError::from)?))
    }
}

fn compare(found: i64) -> Health {
    match found {
        LATEST => Health::Ready,
        _ if found < LATEST => Health::SchemaTooOld { found, need: LATEST },
        _ => Health::SchemaTooNew { found, know: LATEST },
    }
}
