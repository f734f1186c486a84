//! `CatalogStore` on Postgres 15 and newer.
//!
//! A file a table, with the same names as in the other backends. Two pools: requests cannot starve sweeps, probes and
//! the check of unknown outcomes, nor the other way round. Every wait is bounded ([`Limits`]).

mod access;
mod changes;
mod columns;
mod commit;
mod connector;
mod database;
mod error;
mod health;
mod history;
mod idempotency;
mod intents;
mod lender;
mod options;
mod page;
mod purges;
mod refs;
mod retention;
mod text;
mod time;
mod tokens;
mod transaction;
mod tree;
mod visibility;
mod warehouses;

use std::sync::Arc;

use migrations::MigrationError;

use connector::Connector;
use database::Database;
pub use options::{Limits, Options};
use tree::Looks;

/// The statements of the hot path as they are sent, for tests of their plans.
pub mod sql {
    pub use crate::access::ACCESS;
    pub use crate::changes::{DELETE_OLD, FOLLOW};
    pub use crate::commit::{
        COMMIT_KNOWN, COMMIT_LOCK, COMMIT_READ, COMMIT_WRITE, LOCATIONS_READ, LOCATIONS_WRITE, RETURNING,
    };
    pub use crate::history::sql::{
        CHILDREN, COMMITS_OF, DROPPED, GET_WITH_LINEAGE, HEADS, KEYS_OF, LOG_FILTERED, LOG_OF_KEY, LOOK_ALL, MERGED,
        PIN, TOUCHED,
    };
    pub use crate::intents::{CONDEMN, FORGET, INTENTS};
    pub use crate::purges::{LET_GO, METADATA_FILES, REACH, TAKE};
    pub use crate::refs::sql::{AT_TIME, GET_COMMIT, GET_REF};
    pub use crate::retention::{FLOORS, FORGET_DROPPED, FORGET_REST, FORGET_VERSIONS, HOLDERS, NEXT};
    pub use crate::tokens::sql::{DELETE_EXPIRED, LIST_ACTIVE, LIST_ACTIVE_OF_USER};
    pub use crate::tree::{LIST, LIST_MAIN, LOG, LOOK_MAIN, LOOK_MANY, NAMED_METADATA};
    pub use crate::visibility::{SEEN, SHOWN};
}

/// Connections for everything but requests.
const BACKGROUND_CONNECTIONS: u32 = 4;
/// Connections to listen on: one for each follower of the feed, of which a server has one.
const FOLLOWERS: u32 = 4;

/// A catalog in one schema of a Postgres database. Clones share the pools.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    requests: Database,
    /// On the connections of requests.
    looks: Arc<Looks>,
    background: Database,
    /// Each follower of the feed listens on a connection of its own.
    listening: Arc<Connector>,
    limits: Limits,
}

impl PostgresStore {
    /// Makes the pools; they connect when they are first used, so that a server starts (and says that it is not ready)
    /// while its database is away. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the URL cannot be read or the schema's name is none.
    pub fn connect(options: &Options) -> Result<Self, MigrationError> {
        let limits = options.limits;
        let (endpoints, session) = options.session()?;
        let database = |connections, prepared| {
            let connect = (endpoints.clone(), session.clone());
            Database::new(connect, connections, &limits, options.channel(), prepared)
        };
        let requests = database(options.max_connections, commit::COMMIT_LOCK_PREPARE);
        Ok(Self {
            looks: Looks::new(requests.clone(), limits.acquire + limits.answer()),
            requests,
            // Nothing is prepared here: it also finds out whether there are any tables.
            background: database(BACKGROUND_CONNECTIONS, ""),
            listening: Connector::new(endpoints.clone(), session.clone(), FOLLOWERS, limits.acquire, "").into(),
            limits,
        })
    }

    /// Waits for what is running and closes all connections.
    pub async fn close(&self) {
        self.listening.close().await;
        self.requests.close().await;
        self.background.close().await;
    }
}
