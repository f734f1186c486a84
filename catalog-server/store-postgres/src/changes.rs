//! `feed` and `changes`.

use async_trait::async_trait;
use catalog_store::{Change, ChangeStore, Result, Topic};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::error::Failure;
use crate::time::Time;
use crate::transaction::Transaction;

/// The counter's row is locked from here to the end of the transaction, so that ids come without gaps and are seen in
/// order.
const RECORD: &str = "
    WITH counter AS (UPDATE feed SET id = id + cardinality($2::text[]) RETURNING id)
    INSERT INTO changes (id, topic, key, at)
    SELECT counter.id - cardinality($2::text[]) + k.i, $1, k.key, $3
    FROM counter, unnest($2::text[]) WITH ORDINALITY k(key, i)";

/// What a follower polls.
pub const FOLLOW: &str = "SELECT id, topic, key FROM changes WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint";

/// Writes a change for each key. The last statement of a transaction: the lock on the counter is the last in the order
/// of locks, and everybody waits for it.
pub(crate) async fn record(
    transaction: &mut Transaction,
    topic: Topic,
    keys: Vec<String>,
    now: Timestamp,
) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    let count = keys.len();
    let statement = sqlx::query(RECORD).bind(topic.as_i16()).bind(keys).bind(Time(now));
    transaction.execute_rows(statement, count).await
}

#[async_trait]
impl ChangeStore for PostgresStore {
    #[instrument(name = "db.changes.select", level = "debug", skip_all, err(level = "debug"))]
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<Change>> {
        let statement = sqlx::query(FOLLOW).bind(after).bind(i64::from(limit));
        let rows = self.background.fetch_all(statement).await?;
        Ok(rows.iter().map(read_change).collect::<Result<_, _>>()?)
    }
}

fn read_change(row: &PgRow) -> Result<Change, Failure> {
    let mut columns = Columns::new(row);
    let id = columns.take()?;
    let topic: i16 = columns.take()?;
    // A follower must not skip what it does not know: it would keep what it should forget.
    let topic = Topic::from_i16(topic).ok_or_else(|| Failure::Data(format!("change {id} has topic {topic}")))?;
    Ok(Change { id, topic, key: columns.take()? })
}
