//! One process at a time works on a schema; other schemas of the same database are not held up.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::sleep;

use super::Schema;
use crate::MigrationError;

const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(250);

/// Takes the session's advisory lock for this kind of work. The lock ends with the session.
///
/// It asks again and again instead of waiting in the database: a statement that waits holds a snapshot, and an index
/// that is built concurrently waits for all older snapshots, so the two would wait for each other.
pub(super) async fn acquire(
    connection: &mut PgConnection,
    schema: &Schema,
    work: &'static str,
) -> Result<(), MigrationError> {
    let key = format!("pangolin/{schema}/{work}");
    let mut waited = Duration::ZERO;
    loop {
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(&key)
            .fetch_one(&mut *connection)
            .await
            .map_err(MigrationError::Connect)?;
        if taken {
            return Ok(());
        }
        if waited >= LIMIT {
            return Err(MigrationError::Busy { schema: schema.to_string(), waited });
        }
        sleep(PAUSE).await;
        waited += PAUSE;
    }
}
