//! The write side of the tree: lock, read, plan, write.

pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use catalog_store::{Branch, Commit, CommitError, CommitRequest, CommitStore, Plan, Result, StoreError, plan};
use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use crate::error::refused;
use crate::idempotency;
use crate::{SqliteStore, finish};

type Results = Vec<Result<Commit, CommitError>>;

#[async_trait]
impl CommitStore for SqliteStore {
    #[tracing::instrument(name = "db.commits.commit", level = "debug", skip_all, fields(group = requests.len()))]
    async fn commit(&self, branch: &Branch, requests: Vec<CommitRequest>, now: Timestamp) -> Results {
        if requests.is_empty() {
            return Vec::new();
        }
        match self.commit_group(branch, &requests, now).await {
            Ok(results) => results,
            Err(error) => {
                let failure = Failure::from(error);
                requests.iter().map(|_| Err(failure.for_one())).collect()
            }
        }
    }
}

impl SqliteStore {
    /// An error here is the same for all requests.
    async fn commit_group(&self, branch: &Branch, requests: &[CommitRequest], now: Timestamp) -> Result<Results> {
        let mut change = self.change().await?;
        let warehouse_id = lock(&mut change, branch).await?;
        let mut state = read::state(&mut change, branch, requests).await?;
        let watched = state.watched(requests);
        state.shown = read::shown(&mut change, warehouse_id, branch, &watched, now).await?;
        state.marks = idempotency::state(&mut change, warehouse_id, requests, now).await?;
        let Plan { results, rows } = plan(branch, requests, state, now);
        if rows.commits.is_empty() {
            change.rollback().await.map_err(refused)?;
            return Ok(results);
        }
        write::rows(&mut change, branch.id, warehouse_id, &rows, now).await?;
        match finish(change).await {
            Ok(()) => Ok(results),
            Err(StoreError::OutcomeUnknown(source)) => Ok(self.resolve(results, source).await),
            Err(certain) => Err(certain),
        }
    }

    /// COMMIT failed in a way that may have written. If the winners can be read, they are there; if not, only a
    /// restart would tell.
    async fn resolve(&self, results: Results, source: Box<dyn Error + Send + Sync>) -> Results {
        // A group is there as a whole or not at all.
        let Some(winner) = results.iter().flatten().next() else { return results };
        let known = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM commits WHERE id = ?1)").bind(winner.id);
        match known.fetch_one(&self.readers).await {
            Ok(true) => results,
            Ok(false) | Err(_) => unknown(results, source),
        }
    }
}

/// A loser was judged against winners that perhaps never were: it may simply be tried again.
fn unknown(results: Results, source: Box<dyn Error + Send + Sync>) -> Results {
    let source: Arc<dyn Error + Send + Sync> = Arc::from(source);
    let one = |result| match result {
        Ok(_) => Err(CommitError::OutcomeUnknown(Box::new(Arc::clone(&source)))),
        Err(_) => Err(CommitError::Unavailable(Box::new(Arc::clone(&source)))),
    };
    results.into_iter().map(one).collect()
}

/// `BEGIN IMMEDIATE` is the lock; this says that the branch is still there, and in which warehouse.
async fn lock(change: &mut Transaction<'static, Sqlite>, branch: &Branch) -> Result<i64> {
    let warehouse_id = sqlx::query_scalar("SELECT warehouse_id FROM branches WHERE id = ?1 AND deleted_at IS NULL")
        .bind(branch.id)
        .fetch_optional(&mut **change)
        .await
        .map_err(refused)?;
    warehouse_id.ok_or_else(|| StoreError::NotFound(format!("branch {}", branch.name)))
}

/// One failure for each of a group's requests. None of them was applied.
struct Failure {
    backend: bool,
    source: Arc<dyn Error + Send + Sync>,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(source) => Self { backend: false, source: Arc::from(source) },
            StoreError::Backend(source) => Self { backend: true, source: Arc::from(source) },
            other => Self { backend: true, source: Arc::new(other) },
        }
    }
}

impl Failure {
    fn for_one(&self) -> CommitError {
        let source = Box::new(Arc::clone(&self.source));
        if self.backend { CommitError::Backend(source) } else { CommitError::Unavailable(source) }
    }
}
