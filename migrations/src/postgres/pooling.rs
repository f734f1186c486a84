//! Whether a session keeps its connection behind a pooler.
//!
//! Settings that are right now prove nothing: the next statement may be executed on another connection. So a session of
//! its own has itself ended by the database as idle. If it lives on, on another connection, the pooler is in transaction
//! mode. Nothing of it is left behind in the pooler, since the connection that it used is gone.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, Row as _};
use tokio::time::{Instant, sleep, timeout};

use super::session::{Refusal, refusal};
use crate::MigrationError;

/// Ended by `idle_session_timeout`.
const IDLE_SESSION: &str = "57P05";
const PAUSE: Duration = Duration::from_millis(20);
/// A busy database may end the session late.
const LIMIT: Duration = Duration::from_secs(8);
/// A connection that was closed before its last message was read proves nothing.
const TRIES: u32 = 3;

/// # Errors
/// [`Refusal::TransactionPooling`]; [`MigrationError::Connect`] if it could not be found out.
pub(super) async fn require_session_mode(options: &PgConnectOptions) -> Result<(), MigrationError> {
    let work = async {
        let mut last = MigrationError::silent();
        for _ in 0..TRIES {
            let mut connection = options.connect().await.map_err(refusal)?;
            match keeps_its_connection(&mut connection).await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    let refused = Refusal::TransactionPooling;
                    tracing::error!(%refused, "connection to the database refused");
                    return Err(MigrationError::Refused(refused));
                }
                Err(error) => last = MigrationError::Connect(error),
            }
        }
        Err(last)
    };
    timeout(LIMIT, work).await.unwrap_or_else(|_| Err(MigrationError::silent()))
}

async fn keeps_its_connection(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let before = process(connection, "SELECT pg_backend_pid(), set_config('idle_session_timeout', '1', false)").await?;
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        sleep(PAUSE).await;
        match process(connection, "SELECT pg_backend_pid()").await {
            Ok(now) if now == before => {}
            Ok(_) => return Ok(false),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(IDLE_SESSION) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
}

/// By the simple protocol: a prepared statement would be one more thing that a pooler can lose.
async fn process(connection: &mut PgConnection, sql: &'static str) -> Result<i32, sqlx::Error> {
    connection.fetch_one(sqlx::raw_sql(sql)).await?.try_get(0)
}
