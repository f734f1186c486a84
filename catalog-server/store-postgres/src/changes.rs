//! `feed` and `changes`.

use async_trait::async_trait;
use catalog_store::{Change, ChangeStore, Feed, Result, StoreError, Topic, Wakes};
use jiff::Timestamp;
use sqlx::postgres::{PgListener, PgRow};
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
pub const FOLLOW: &str = "
    SELECT f.id, c.id, c.topic, c.key
    FROM feed f LEFT JOIN LATERAL (
      SELECT id, topic, key FROM changes WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint) c ON true
    ORDER BY c.id";

/// Old ones have low ids: the oldest are looked at, and of them those deleted that are old enough. As an array, since a
/// planner that does not know the limit would read the whole table.
pub const DELETE_OLD: &str = "
    DELETE FROM changes
    WHERE id = ANY (ARRAY(SELECT id FROM changes ORDER BY id LIMIT $2::bigint)) AND at < $1";

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
    transaction.execute_rows(statement, count).await?;
    transaction.tell();
    Ok(())
}

#[async_trait]
impl ChangeStore for PostgresStore {
    #[instrument(name = "db.changes.select", level = "debug", skip_all, err(level = "debug"))]
    async fn changes(&self, after: i64, limit: u32) -> Result<Feed> {
        let statement = sqlx::query(FOLLOW).bind(after).bind(i64::from(limit));
        Ok(read_feed(&self.background.fetch_all(statement).await?)?)
    }

    #[instrument(name = "db.changes.listen", level = "debug", skip_all, err(level = "debug"))]
    async fn listen(&self) -> Result<Box<dyn Wakes>> {
        let pool = self.listening.located_pool().await?;
        let mut listener = PgListener::connect_with(pool).await.map_err(Failure::from)?;
        listener.listen(self.requests.channel()).await.map_err(Failure::from)?;
        Ok(Box::new(Listening(listener)))
    }

    #[instrument(name = "db.changes.delete", level = "debug", skip_all, err(level = "debug"))]
    async fn delete_old_changes(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let mut transaction = self.background.begin("").await?;
        let statement = sqlx::query(DELETE_OLD).bind(Time(before)).bind(i64::from(limit));
        let deleted = transaction.execute(statement).await;
        transaction.finish(deleted.map_err(StoreError::from)).await
    }
}

struct Listening(PgListener);

#[async_trait]
impl Wakes for Listening {
    async fn wake(&mut self) -> Result<()> {
        // `None`: the connection was lost, and with it, perhaps, a word.
        self.0.try_recv().await.map_err(Failure::from)?;
        Ok(())
    }
}

fn read_feed(rows: &[PgRow]) -> Result<Feed, Failure> {
    let first = rows.first().ok_or_else(|| Failure::Data("the feed has lost its counter".into()))?;
    let newest = Columns::new(first).take()?;
    let changes = rows.iter().filter_map(|row| read_change(row).transpose()).collect::<Result<_, _>>()?;
    Ok(Feed { newest, changes })
}

/// `None` for the row that has the counter alone.
fn read_change(row: &PgRow) -> Result<Option<Change>, Failure> {
    let mut columns = Columns::new(row);
    let (_, id, topic, key): (i64, Option<i64>, Option<i16>, Option<String>) =
        (columns.take()?, columns.take()?, columns.take()?, columns.take()?);
    let (Some(id), Some(topic), Some(key)) = (id, topic, key) else { return Ok(None) };
    // A follower must not skip what it does not know: it would keep what it should forget.
    let topic = Topic::from_i16(topic).ok_or_else(|| Failure::Data(format!("change {id} has topic {topic}")))?;
    Ok(Some(Change { id, topic, key }))
}
