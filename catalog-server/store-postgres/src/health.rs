//! Whether the database answers, and at which version its schema is.

use async_trait::async_trait;
use catalog_store::{Health, HealthStore, Result, StoreError};
use migrations::postgres::LATEST;
use tokio::time::timeout;
use tracing::instrument;

use crate::PostgresStore;
use crate::database::Database;
use crate::error::Failure;

#[async_trait]
impl HealthStore for PostgresStore {
    #[instrument(name = "db.health.select", level = "debug", skip_all, err(level = "debug"))]
    async fn health(&self) -> Result<Health> {
        let limit = self.limits.answer();
        let look = timeout(limit, look(&self.background)).await;
        let found = look.map_err(|_| Failure::Silence(limit)).and_then(|found| found);
        match found {
            Ok((found, from)) => Ok(compare(found, from)),
            Err(Failure::Refused(refused)) => Ok(Health::Refused { reason: refused.to_string() }),
            Err(failure) => Err(StoreError::from(failure)),
        }
    }
}

/// The version of the schema, and the oldest build that works on it, which matters on a newer one only.
async fn look(database: &Database) -> std::result::Result<(i64, i64), Failure> {
    let mut connection = database.lend().await?;
    let found = migrations::postgres::version(&mut *connection).await?;
    let from = if found > LATEST { migrations::postgres::works_from(&mut *connection).await? } else { 0 };
    connection.give_back();
    Ok((found, from))
}

/// A newer build that has only added something is no reason to leave: its own servers are just coming.
fn compare(found: i64, from: i64) -> Health {
    if found < LATEST {
        Health::SchemaTooOld { found, need: LATEST }
    } else if from > LATEST {
        Health::SchemaTooNew { found, know: LATEST }
    } else {
        Health::Ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_to_which_a_newer_build_has_only_added_is_as_good_as_our_own() {
        assert_eq!(compare(LATEST, 0), Health::Ready);
        assert_eq!(compare(LATEST + 3, LATEST), Health::Ready);
        assert_eq!(compare(LATEST + 3, LATEST + 1), Health::SchemaTooNew { found: LATEST + 3, know: LATEST });
        assert_eq!(compare(LATEST - 1, 0), Health::SchemaTooOld { found: LATEST - 1, need: LATEST });
    }
}
