//! How each index of the list is, as Postgres' own catalog tells it.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{Connection, FromRow, PgConnection, Row as _};
use tokio::time::timeout;

use super::definition::{Index, Structure, conditions, indexes};
use crate::MigrationError;
use crate::postgres::{Endpoints, Schema, connect};

/// For the one statement. A database that is too busy for it tells nothing this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// An index of the list, as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexReport {
    /// Its name, without a schema.
    pub name: &'static str,
    /// Whether queries can use it.
    pub state: IndexState,
    /// While it is built.
    pub progress: Option<Progress>,
    /// What it takes on disk; 0 if it is missing.
    pub size_bytes: i64,
    /// How often a query used it since the database's statistics were last reset.
    pub scans: i64,
}

/// Whether an index serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexState {
    /// It is there, valid, and what the list says.
    Ready,
    /// Somebody is building it.
    Building,
    /// It is not there.
    Missing,
    /// A build was broken off, or it is not what the list says.
    Invalid,
}

/// How far a build is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// In Postgres' words, such as `building index: scanning table`.
    pub phase: String,
    /// Of this phase; `None` if it is not counted in blocks.
    pub percent: Option<i64>,
}

struct Seen {
    name: String,
    valid: bool,
    structure: Option<Structure>,
    size_bytes: Option<i64>,
    scans: i64,
    phase: Option<String>,
    percent: Option<i64>,
}

impl FromRow<'_, PgRow> for Seen {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            name: row.try_get("name")?,
            valid: row.try_get("valid")?,
            structure: structure(row)?,
            size_bytes: row.try_get("size_bytes")?,
            scans: row.try_get("scans")?,
            phase: row.try_get("phase")?,
            percent: row.try_get("percent")?,
        })
    }
}

/// `None` for an index that has more than columns and conditions.
fn structure(row: &PgRow) -> Result<Option<Structure>, sqlx::Error> {
    let (plain, columns): (bool, Vec<Option<String>>) = (row.try_get("plain")?, row.try_get("columns")?);
    let columns = columns.into_iter().collect::<Option<Vec<_>>>().filter(|_| plain);
    let (table, method) = (row.try_get("on_table")?, row.try_get("method")?);
    let conditions = conditions(&row.try_get::<Option<String>, _>("condition")?.unwrap_or_default());
    Ok(columns.map(|columns| Structure { table, method, columns, conditions }))
}

const SELECT: &str = "
    SELECT c.relname::text AS name,
           i.indisvalid AND i.indisready AND i.indislive AS valid,
           t.relname::text AS on_table,
           m.amname::text AS method,
           ARRAY(SELECT a.attname::text
                 FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
                   LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                 ORDER BY k.n) AS columns,
           pg_get_expr(i.indpred, i.indrelid) AS condition,
           NOT i.indisunique AND i.indexprs IS NULL AND i.indnkeyatts = i.indnatts
             AND NOT EXISTS (SELECT FROM unnest(i.indoption::int2[]) o WHERE o <> 0)
             AND NOT EXISTS (SELECT FROM pg_opclass o WHERE o.oid = ANY (i.indclass::oid[]) AND NOT o.opcdefault)
             AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) k(attnum, used)
                               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                             WHERE k.used NOT IN (0, a.attcollation)) AS plain,
           pg_relation_size(i.indexrelid) AS size_bytes,
           coalesce(s.idx_scan, 0) AS scans,
           p.phase,
           (100 * p.blocks_done / nullif(p.blocks_total, 0))::bigint AS percent
    FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_class t ON t.oid = i.indrelid
      JOIN pg_am m ON m.oid = c.relam
      LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = i.indexrelid
      LEFT JOIN pg_stat_progress_create_index p ON p.index_relid = i.indexrelid AND p.datname = current_database()
    WHERE n.nspname = $1";

/// How every index of the list is, in the list's order. Changes nothing and waits for nobody.
///
/// # Errors
/// [`MigrationError::Connect`], [`MigrationError::ReadIndexes`].
pub async fn observe_indexes(endpoints: &Endpoints, schema: &Schema) -> Result<Vec<IndexReport>, MigrationError> {
    let mut connection = connect(endpoints, schema, Duration::from_secs(5)).await?;
    let reports = observe(&mut connection, schema).await;
    // The answer is there; whether the farewell arrives changes nothing.
    let _ = timeout(PATIENCE, connection.close()).await;
    reports
}

/// As [`observe_indexes`], on a connection that is there.
pub(super) async fn observe(
    connection: &mut PgConnection,
    schema: &Schema,
) -> Result<Vec<IndexReport>, MigrationError> {
    let rows = sqlx::query_as::<_, Seen>(SELECT).bind(schema.as_str()).fetch_all(connection);
    let late = |_| MigrationError::ReadIndexes(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
    let rows = timeout(PATIENCE, rows).await.map_err(late)?.map_err(MigrationError::ReadIndexes)?;
    let mut rows: HashMap<String, Seen> = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
    Ok(indexes().iter().map(|index| report(index, rows.remove(index.name))).collect())
}

fn report(index: &Index, row: Option<Seen>) -> IndexReport {
    let Some(row) = row else {
        return IndexReport { name: index.name, state: IndexState::Missing, progress: None, size_bytes: 0, scans: 0 };
    };
    let Seen { name: _, valid, structure, size_bytes, scans, phase, percent } = row;
    let state = match (&phase, valid && structure.is_some() && structure == index.structure()) {
        (Some(_), _) => IndexState::Building,
        (None, true) => IndexState::Ready,
        (None, false) => IndexState::Invalid,
    };
    let progress = phase.map(|phase| Progress { phase, percent: percent.map(|percent| percent.clamp(0, 100)) });
    IndexReport { name: index.name, state, progress, size_bytes: size_bytes.unwrap_or(0), scans }
}
