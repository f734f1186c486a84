//! The performance indexes: which there are, and building those that are missing or were left half built.

use std::collections::HashMap;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tracing::info;

use super::{Schema, connect, lock};
use crate::MigrationError;

const LIST: &str = include_str!("../../postgres/indexes.sql");
const CREATE: &str = "CREATE INDEX ";

/// An index of `indexes.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, without a schema.
    pub name: &'static str,
    /// The query that it is for: the comment above the statement.
    pub purpose: String,
    /// What stands behind the name: `ON table (columns) …`.
    definition: &'static str,
}

/// What [`ensure_indexes`] did about one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexOutcome {
    /// It was there and valid.
    Present,
    /// It was missing.
    Built,
    /// A build had been broken off: dropped and built again.
    Rebuilt,
}

/// The list, in the file's order.
#[must_use]
pub fn indexes() -> Vec<Index> {
    // A paragraph is a comment and a statement; the head of the file has no statement.
    LIST.split("\n\n").filter_map(parse).collect()
}

fn parse(paragraph: &'static str) -> Option<Index> {
    let start = paragraph.find(CREATE)?;
    let (comment, statement) = paragraph.split_at(start);
    let statement = statement.strip_prefix(CREATE)?.trim_end().strip_suffix(';')?;
    let (name, definition) = statement.split_once(' ')?;
    let purpose = comment.lines().map(|line| line.trim_start_matches("--").trim()).collect::<Vec<_>>().join(" ");
    Some(Index { name, purpose: purpose.trim().to_owned(), definition })
}

/// Builds, beside whatever runs, the indexes that are missing or invalid; tells what was done about each, in the list's
/// order. May take long on large tables; wants to be called again until it succeeds.
///
/// # Errors
/// [`MigrationError::Busy`] if another process is at it, [`MigrationError::BuildIndex`] if the database refused one.
pub async fn ensure_indexes(
    options: &PgConnectOptions,
    schema: &Schema,
) -> Result<Vec<(Index, IndexOutcome)>, MigrationError> {
    // A concurrent build waits for every transaction that is older, and counts that as waiting for a lock; nobody waits
    // for it meanwhile.
    let mut connection = connect(options, schema, "0").await?;
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
    let valid = validity(connection, schema).await.map_err(MigrationError::ReadIndexes)?;
    let mut outcomes = Vec::new();
    for index in indexes() {
        let outcome = match valid.get(index.name) {
            Some(true) => IndexOutcome::Present,
            Some(false) => IndexOutcome::Rebuilt,
            None => IndexOutcome::Built,
        };
        build(connection, &index, outcome)
            .await
            .map_err(|source| MigrationError::BuildIndex { name: index.name.to_owned(), source })?;
        outcomes.push((index, outcome));
    }
    Ok(outcomes)
}

async fn validity(connection: &mut PgConnection, schema: &Schema) -> Result<HashMap<String, bool>, sqlx::Error> {
    let rows: Vec<(String, bool)> = sqlx::query_as(
        "SELECT c.relname::text, i.indisvalid AND i.indisready
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1",
    )
    .bind(schema.as_str())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

async fn build(connection: &mut PgConnection, index: &Index, outcome: IndexOutcome) -> Result<(), sqlx::Error> {
    let Index { name, definition, purpose: _ } = index;
    if outcome == IndexOutcome::Present {
        return Ok(());
    }
    if outcome == IndexOutcome::Rebuilt {
        connection.execute(AssertSqlSafe(format!("DROP INDEX CONCURRENTLY {name}"))).await?;
    }
    connection.execute(AssertSqlSafe(format!("CREATE INDEX CONCURRENTLY {name} {definition}"))).await?;
    info!(index = name, ?outcome, "built an index");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_index_of_the_file_is_parsed_and_says_what_it_is_for() {
        let indexes = indexes();
        assert_eq!(indexes.len(), LIST.matches(CREATE).count());
        assert_eq!(indexes.iter().map(|i| i.name).collect::<HashSet<_>>().len(), indexes.len());
        for index in &indexes {
            assert!(index.purpose.len() > 20, "{index:?}");
            assert!(index.definition.starts_with("ON "), "{index:?}");
        }
    }

    #[test]
    fn tokens_of_a_user_have_their_index() {
        let index = indexes().into_iter().find(|i| i.name == "active_tokens_user").unwrap();
        assert_eq!(index.definition, "ON active_tokens (user_id, expires_at)");
        assert!(index.purpose.contains("list_active_tokens"));
    }
}
