//! Connections that go from one caller to the next.
//!
//! Why not by sqlx's pool alone: it asks each connection that comes back whether it still works, in a task of its own,
//! so that reading one row takes two round trips. Here a connection whose last statement went well is lent on as it is.
//! Whatever else becomes of it, it goes back to the pool, which tests it, ends what is old, and connects anew.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::connector::Connector;
use crate::error::Failure;

/// What nobody has wanted for so long goes back to the pool; it is looked for as often.
const IDLE: Duration = Duration::from_millis(500);
/// However much it is wanted, it goes back once in a while, so that the pool sees how old it is.
const LENT_ON: Duration = Duration::from_secs(60);

/// Hands the pool's connections out.
#[derive(Debug)]
pub(crate) struct Lender {
    connector: Connector,
    /// As many as the pool has connections, so that nobody waits in the pool while connections idle here.
    permits: Arc<Semaphore>,
    /// How long to wait for a permit.
    limit: Duration,
    /// The last one that came is lent first. `None` once it is closed.
    idle: Mutex<Option<VecDeque<Idle>>>,
}

#[derive(Debug)]
struct Idle {
    connection: PoolConnection<Postgres>,
    taken: Instant,
    since: Instant,
}

/// A connection in use. Dropped in the middle of something, it goes back to the pool.
#[derive(Debug)]
pub(crate) struct Lent {
    connection: PoolConnection<Postgres>,
    /// When it was taken from the pool.
    taken: Instant,
    lender: Arc<Lender>,
    // After the connection.
    _permit: OwnedSemaphorePermit,
}

impl Lender {
    /// Must be called within a tokio runtime.
    pub(crate) fn new(connector: Connector, connections: u32, limit: Duration) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(connections as usize));
        let lender = Arc::new(Self { connector, permits, limit, idle: Mutex::new(Some(VecDeque::new())) });
        tokio::spawn(return_idle(Arc::downgrade(&lender)));
        lender
    }

    /// The connection that idles for the shortest time, or one of the pool.
    pub(crate) async fn lend(self: &Arc<Self>) -> Result<Lent, Failure> {
        let permit = timeout(self.limit, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().as_mut().and_then(VecDeque::pop_back);
        let (connection, taken) = match idle {
            Some(Idle { connection, taken, since: _ }) => (connection, taken),
            None => (self.connector.acquire().await?, Instant::now()),
        };
        Ok(Lent { connection, taken, lender: Arc::clone(self), _permit: permit })
    }

    /// Waits for what is running and closes all connections.
    pub(crate) async fn close(&self) {
        self.permits.close();
        drop(self.idle().take());
        self.connector.close().await;
    }

    /// Gives back what nobody has wanted for a while: the first ones, for they came first.
    fn return_idle(&self) {
        let now = Instant::now();
        let mut idle = self.idle();
        let Some(idle) = idle.as_mut() else { return };
        while idle.front().is_some_and(|first| now.duration_since(first.since) >= IDLE) {
            drop(idle.pop_front());
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<VecDeque<Idle>>> {
        // It is never left half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn return_idle(lender: Weak<Lender>) {
    loop {
        sleep(IDLE).await;
        let Some(lender) = lender.upgrade() else { return };
        lender.return_idle();
    }
}

impl Lent {
    /// Its last statement went well, and it is in no transaction: whoever comes next can have it as it is.
    pub(crate) fn give_back(self) {
        let Self { connection, taken, lender, _permit } = self;
        if taken.elapsed() >= LENT_ON {
            return;
        }
        // One that comes after the end is dropped, and so closed by the pool.
        if let Some(idle) = lender.idle().as_mut() {
            idle.push_back(Idle { connection, taken, since: Instant::now() });
        }
    }

    /// Closes the socket at once, without a word: the pool would wait for what the connection still owes.
    pub(crate) fn close_hard(self) {
        drop(self.connection.detach());
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Executor as _;

    use super::*;
    use crate::Options;

    fn lender(connections: u32) -> Arc<Lender> {
        let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect("PANGOLIN_TEST_POSTGRES: set by `cargo e2e test`");
        let (endpoints, session) = Options::new(url, "pangolin").session().unwrap();
        let connector = Connector::new(endpoints, session, connections, Duration::from_secs(5), "");
        Lender::new(connector, connections, Duration::from_millis(300))
    }

    async fn process(lent: &mut Lent) -> i32 {
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut **lent).await.unwrap()
    }

    #[tokio::test]
    async fn what_comes_back_is_lent_on_and_idles_in_the_pool_soon() {
        let lender = lender(2);
        let mut first = lender.lend().await.unwrap();
        let id = process(&mut first).await;
        first.give_back();
        assert_eq!(lender.connector.pool().num_idle(), 0);
        let mut again = lender.lend().await.unwrap();
        assert_eq!(process(&mut again).await, id);
        again.give_back();
        sleep(3 * IDLE).await;
        assert_eq!((lender.connector.pool().num_idle(), lender.connector.pool().size()), (1, 1));
    }

    #[tokio::test]
    async fn nobody_waits_while_connections_idle_and_nobody_waits_for_ever() {
        let lender = lender(1);
        let lent = lender.lend().await.unwrap();
        let start = Instant::now();
        assert!(matches!(lender.lend().await, Err(Failure::Driver(sqlx::Error::PoolTimedOut))));
        assert!(start.elapsed() < Duration::from_secs(2));
        let waiting = {
            let lender = Arc::clone(&lender);
            tokio::spawn(async move { lender.lend().await.map(Lent::give_back) })
        };
        sleep(Duration::from_millis(50)).await;
        lent.give_back();
        waiting.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn one_that_is_left_in_the_middle_is_not_lent_on() {
        let lender = lender(1);
        let mut lent = lender.lend().await.unwrap();
        let _ = timeout(Duration::from_millis(20), lent.execute("SELECT pg_sleep(0.2)")).await;
        drop(lent);
        let mut next = lender.lend().await.unwrap();
        process(&mut next).await;
        next.close_hard();
        let mut other = lender.lend().await.unwrap();
        process(&mut other).await;
    }

    #[tokio::test]
    async fn closing_waits_for_those_in_use_and_leaves_nothing_open() {
        let lender = lender(2);
        let (idle, busy) = (lender.lend().await.unwrap(), lender.lend().await.unwrap());
        idle.give_back();
        let closing = {
            let lender = Arc::clone(&lender);
            tokio::spawn(async move { lender.close().await })
        };
        sleep(Duration::from_millis(100)).await;
        assert!(!closing.is_finished());
        busy.give_back();
        closing.await.unwrap();
        assert_eq!(lender.connector.pool().size(), 0);
        assert!(matches!(lender.lend().await, Err(Failure::Driver(sqlx::Error::PoolClosed))));
    }
}
