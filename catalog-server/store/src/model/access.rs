//! The first read of each request.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{Branch, Token, Warehouse};

/// All that a request needs to know before it may look at the tree, read in one statement. Shared with whoever keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// The token with the asked id, expired or revoked ones included.
    pub token: Option<Arc<Token>>,
    /// The warehouse of the asked name.
    pub warehouse: Option<Arc<Warehouse>>,
    /// The branch of the asked name in that warehouse.
    pub branch: Option<Branch>,
    /// The database's clock: expiry is judged by it.
    pub database_now: Timestamp,
}
