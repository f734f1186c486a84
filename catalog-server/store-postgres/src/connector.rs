//! New connections: to the host that accepts writes, and only in sessions that are as they must be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use migrations::MigrationError;
use migrations::postgres::{Endpoints, Refusal, Session, refusal};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres};
use tokio::sync::{Mutex, watch};

use crate::error::Failure;

/// A connection that has idled for longer is asked whether it lives before it is used.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);
/// Requests that fail together look for another host once.
const LOCATED: Duration = Duration::from_secs(1);

/// A pool of connections to one of the hosts.
#[derive(Debug)]
pub(crate) struct Connector {
    pool: PgPool,
    route: Arc<Route>,
    /// When a host was last found, if there are several.
    located: Mutex<Option<Instant>>,
}

/// What each new connection needs.
#[derive(Debug)]
struct Route {
    endpoints: Endpoints,
    session: Session,
    /// The position of the host that is connected to.
    host: AtomicUsize,
    /// The last refusal, because the pool keeps it to itself and tries again.
    refused: watch::Sender<Option<Refusal>>,
}

impl Connector {
    /// Opens no connection yet; `prepared` is executed on each new one.
    pub(crate) fn new(
        endpoints: Endpoints,
        session: Session,
        max_connections: u32,
        limit: Duration,
        prepared: &'static str,
    ) -> Self {
        let endpoints = endpoints.within(limit);
        let limit = endpoints.connect_timeout();
        let (host, refused) = (AtomicUsize::new(0), watch::Sender::new(None));
        let route = Arc::new(Route { endpoints, session, host, refused });
        let opening = Arc::clone(&route);
        let pool = PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(limit)
            // A ping before each use would double the round trips of a read; after a pause it costs little, and finds
            // connections that a restart of the database has left dead.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > PING_AFTER_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(move |connection, _| {
                let route = Arc::clone(&opening);
                Box::pin(async move {
                    route.verify(connection).await?;
                    prepare(connection, prepared).await
                })
            })
            .connect_lazy_with(route.options());
        Self { pool, route, located: Mutex::default() }
    }

    /// A connection of the pool; of the host that accepts writes now, if there are several.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Postgres>, Failure> {
        if !self.route.has_several_hosts() {
            return self.acquire_here().await;
        }
        self.locate(Duration::MAX).await?;
        match self.acquire_here().await {
            Err(failure) if failure.passes() => {
                self.locate(LOCATED).await?;
                self.acquire_here().await
            }
            result => result,
        }
    }

    /// The pool, for a listener, which takes its connection itself.
    pub(crate) async fn located_pool(&self) -> Result<&PgPool, Failure> {
        if self.route.has_several_hosts() {
            self.locate(LOCATED).await?;
        }
        Ok(&self.pool)
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// A refusal ends the wait, because the pool would try again until its timeout and not report the reason.
    async fn acquire_here(&self) -> Result<PoolConnection<Postgres>, Failure> {
        let mut refused = self.route.refused.subscribe();
        tokio::select! {
            biased;
            connection = self.pool.acquire() => connection.map_err(|error| refusal(error).into()),
            Ok(()) = refused.changed() => {
                let refused = refused.borrow().clone();
                Err(refused.map_or(Failure::Driver(sqlx::Error::PoolTimedOut), Failure::Refused))
            }
        }
    }

    /// Looks for the first host that can be used, unless one was found within `good_for`.
    async fn locate(&self, good_for: Duration) -> Result<(), Failure> {
        let mut located = self.located.lock().await;
        if located.is_some_and(|at| at.elapsed() < good_for) {
            return Ok(());
        }
        let Route { endpoints, session, host, refused: _ } = &*self.route;
        let (_, position) = endpoints.connect(&session.clone().writing()).await?;
        host.store(position, Ordering::Relaxed);
        self.pool.set_connect_options(self.route.options());
        *located = Some(Instant::now());
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl Route {
    fn has_several_hosts(&self) -> bool {
        self.endpoints.all().len() > 1
    }

    fn options(&self) -> PgConnectOptions {
        let hosts = self.endpoints.all();
        self.session.options(hosts.get(self.host.load(Ordering::Relaxed)).unwrap_or(self.endpoints.first()))
    }

    async fn verify(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        match self.session.verify(connection, &self.options()).await {
            Ok(()) => Ok(()),
            Err(MigrationError::Connect(error)) => Err(error),
            Err(MigrationError::Refused(refused)) => {
                let error = sqlx::Error::Protocol(refused.to_string());
                // One host that is a standby may be promoted while the pool tries again.
                if !refused.passes() || self.has_several_hosts() {
                    self.refused.send_replace(Some(refused));
                }
                Err(error)
            }
            Err(error) => Err(sqlx::Error::Protocol(error.to_string())),
        }
    }
}

/// Before the tables exist nothing can be prepared. A later request for it is unavailable, and succeeds on another
/// connection.
async fn prepare(connection: &mut PgConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    const UNDEFINED_TABLE: &str = "42P01";
    match connection.execute(statement).await {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => Ok(()),
        prepared => prepared.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn url(settings: &str) -> String {
        let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect("PANGOLIN_TEST_POSTGRES: set by `cargo e2e test`");
        let connector = if url.contains('?') { '&' } else { '?' };
        format!("{url}{connector}{settings}")
    }

    fn connector(url: String) -> Connector {
        let options = Options::new(url, "pangolin");
        let (endpoints, session) = options.session().unwrap();
        Connector::new(endpoints, session, 1, Duration::from_secs(2), "")
    }

    #[tokio::test]
    async fn host_that_is_down_or_read_only_is_skipped() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let one = migrations::postgres::connect_options(&url("")).unwrap();
        let (host, open) = (one.first().get_host(), one.first().get_port());
        let connector = connector(url(&format!("host={host},{host}&port={port},{open}")));
        let start = Instant::now();
        drop(connector.acquire().await.unwrap());
        assert!(start.elapsed() < Duration::from_secs(1), "waited for {:?}", start.elapsed());
        assert_eq!(connector.route.host.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn refusal_is_reported_without_a_wait() {
        let mut connector = connector(url(""));
        let session = connector.route.session.clone().require([("statement_timeout", "007".into())]);
        let endpoints = connector.route.endpoints.clone();
        connector = Connector::new(endpoints, session, 1, Duration::from_secs(5), "");
        let start = Instant::now();
        let failure = connector.acquire().await.map(drop).unwrap_err();
        assert!(matches!(&failure, Failure::Refused(Refusal::Setting { parameter: "statement_timeout", .. })));
        assert!(!failure.passes() && start.elapsed() < Duration::from_secs(2));
    }
}
