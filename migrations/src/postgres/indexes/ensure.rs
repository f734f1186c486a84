//! Building what is missing, and building again what is no good.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tracing::info;

use super::definition::{Index, indexes};
use super::observe::{IndexState, observe};
use crate::MigrationError;
use crate::postgres::{Endpoints, Schema, connect, lock};

/// What [`ensure_indexes`] did about one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexOutcome {
    /// It was there, valid, and what the list says.
    Present,
    /// It was missing.
    Built,
    /// A build had been broken off, or it was another index under its name: dropped and built again.
    Rebuilt,
    /// Somebody else is building it: left alone.
    Awaited,
}

/// Builds, beside whatever runs, the indexes that are missing or no good; tells what was done about each, in the list's
/// order. May take long on large tables; wants to be called again until it succeeds.
///
/// # Errors
/// [`MigrationError::Busy`] if another process is at it, [`MigrationError::BuildIndex`] if the database refused one.
pub async fn ensure_indexes(
    endpoints: &Endpoints,
    schema: &Schema,
) -> Result<Vec<(Index, IndexOutcome)>, MigrationError> {
    // A concurrent build waits for every transaction that is older, and counts that as waiting for a lock; nobody waits
    // for it meanwhile.
    let mut connection = connect(endpoints, schema, Duration::ZERO).await?;
    lock::acquire(&mut connection, schema, "indexes").await?;
    let result = ensure_locked(&mut connection, schema).await;
    let closed = connection.close().await;
    let outcomes = result?;
    closed.map_err(MigrationError::Connect)?;
    Ok(outcomes)
}

async fn ensure_locked(
    connection: &mut PgConnection,
    schema: &Schema,
) -> Result<Vec<(Index, IndexOutcome)>, MigrationError> {
    let reports = observe(connection, schema).await?;
    let mut outcomes = Vec::new();
    for (index, report) in indexes().into_iter().zip(reports) {
        let outcome = match report.state {
            IndexState::Ready => IndexOutcome::Present,
            IndexState::Missing => IndexOutcome::Built,
            IndexState::Invalid => IndexOutcome::Rebuilt,
            // Ours hold the lock, so this is somebody's own hand.
            IndexState::Building => IndexOutcome::Awaited,
        };
        build(connection, &index, outcome)
            .await
            .map_err(|source| MigrationError::BuildIndex { name: index.name.to_owned(), source })?;
        outcomes.push((index, outcome));
    }
    Ok(outcomes)
}

async fn build(connection: &mut PgConnection, index: &Index, outcome: IndexOutcome) -> Result<(), sqlx::Error> {
    let Index { name, definition, purpose: _ } = index;
    match outcome {
        IndexOutcome::Present | IndexOutcome::Awaited => return Ok(()),
        IndexOutcome::Built => {}
        IndexOutcome::Rebuilt => {
            connection.execute(AssertSqlSafe(format!("DROP INDEX CONCURRENTLY {name}"))).await?;
        }
    }
    connection.execute(AssertSqlSafe(format!("CREATE INDEX CONCURRENTLY {name} {definition}"))).await?;
    info!(index = name, ?outcome, "built an index");
    Ok(())
}
